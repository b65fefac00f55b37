//! Which rule an event or a timer is for.

use super::change::Signal;
use super::event::Event;
use super::login::{Asker, Purpose};
use super::softphone::Reach;
use super::{Action, Pbx, Timer};
use crate::time::Now;

impl Pbx {
    /// Takes one event. Never fails: a "no" is an action.
    pub fn handle(&mut self, now: Now, event: Event) {
        self.moment = now;
        match event {
            Event::SiteApplied(site) => self.site_applied(now, site),
            Event::PhoneRegistered(phone) => {
                self.reached(now, &phone, Reach::Registered);
                self.rings_late(&phone);
                self.show_messages(&phone);
            }
            Event::PhoneMoved(phone) => {
                self.rings_late(&phone);
                self.show_messages(&phone);
            }
            Event::PhoneRestored(phone) => self.reached(now, &phone, Reach::Restored),
            Event::PhoneGone(phone) => {
                self.goes_away(now, &phone);
                self.reached(now, &phone, Reach::Gone);
            }
            Event::FirmwareTold { phone, firmware } => {
                self.firmware_told(now, &phone, &firmware);
            }
            Event::DeskRequested(phone) => self.desk_requested(phone),
            Event::PhoneUsed { phone, signal } => self.hook_signal(now, &phone, signal),
            Event::Dialled {
                leg,
                phone,
                line,
                digits,
                offer,
                hops,
            } => self.dialled(now, leg, (&phone, line), &digits, (offer, hops)),
            Event::CalledIn {
                leg,
                trunk,
                caller,
                called,
                offer,
                hops,
            } => self.called_in(now, (leg, &trunk), (caller, &called), (offer, hops)),
            Event::TrunkIs { trunk, is } => self.trunk_is(now, &trunk, is),
            Event::TookOver {
                leg,
                phone,
                of,
                offer,
            } => self.took_over(now, leg, &phone, of, offer),
            Event::Progressed {
                leg,
                branch,
                ringing,
                media,
            } => self.progressed(leg, branch, ringing, media),
            Event::EarlyOffered { leg, link, offer } => self.early_offered(leg, link, offer),
            Event::EarlyAnswered { leg, link, media } => self.early_answered(leg, link, media),
            Event::Answered { leg, branch, media } => self.answered(now, leg, branch, media),
            Event::Acknowledged { leg, media } => self.acknowledged(now, leg, media),
            Event::Mixed(news) => self.mixed(now, news),
            Event::BargeAsked {
                leg,
                phone,
                of,
                offer,
            } => self.barges_in(now, leg, &phone, of, offer),
            Event::Failed { leg, why } => self.failed(now, leg, why),
            Event::Released { leg, dead } => {
                if !self.conversation_left(now, leg) {
                    self.released(now, leg, dead);
                }
            }
            Event::DigitPressed { leg, digit } => self.digit_pressed(now, leg, digit),
            Event::Deflected { leg, to } => self.deflected(now, leg, &to),
            Event::Transferred { leg, ticket, to } => self.transferred(now, leg, ticket, to),
            Event::Reoffered { leg, offer, flow } => self.reoffered(leg, offer, flow),
            Event::ReofferAnswered { leg, media } => self.reoffer_answered(now, leg, media),
            Event::ReofferRefused { leg, why } => self.reoffer_refused(now, leg, why),
            Event::Signalled { leg, ticket, body } => self.signalled(now, leg, ticket, body),
            Event::LineWatched { dn, watched } => self.line_watched(dn, watched),
            Event::LineTaken {
                ticket,
                phone,
                index,
            } => self.line_taken(ticket, &phone, index),
            Event::LineGivenBack(phone) => self.line_given_back(&phone),
            Event::CallAtIndexAsked {
                leg,
                phone,
                index,
                digits,
                offer,
                hops,
            } => self.wants_call_at(now, leg, (&phone, index), &digits, (offer, hops)),
            Event::HoldMarked { leg, alone } => self.hold_marked(leg, alone),
            Event::DeskWatched(phone) => self.desk_watched(phone),
            Event::TextSent {
                ticket,
                phone,
                to,
                body,
            } => self.text_sent(ticket, &phone, &to, body),
            Event::MessagesReported {
                ticket,
                phone,
                report,
            } => self.messages_reported(ticket, &phone, &report),
            Event::SignalAnswered { ticket, status } => {
                self.act(Action::SignalReply { ticket, status });
            }
            Event::LoginRequested {
                ticket,
                door,
                phone,
                user,
                secret,
                wanted,
            } => {
                let asker = (Asker::Ticket(ticket), door);
                self.identified(now, asker, &phone, &user, secret, Purpose::Login(wanted));
            }
            Event::ProofOffered {
                ticket,
                door,
                phone,
                user,
                secret,
            } => {
                let asker = (Asker::Ticket(ticket), door);
                self.identified(now, asker, &phone, &user, Some(secret), Purpose::Proof);
            }
            Event::LoginAsked { leg, door, phone } => {
                self.phone_used(now, &phone, Signal::Key);
                self.ask_for_login(now, leg, &phone, door);
            }
            Event::LeaveAsked {
                ticket,
                door,
                phone,
            } => {
                self.phone_used(now, &phone, Signal::Key);
                self.leave_with_groups(now, Asker::Ticket(ticket), &phone, door);
            }
            Event::ParkAsked { leg, ticket } => self.park_by_key(now, leg, ticket),
            Event::PickupAsked { leg, phone, number } => {
                self.pickup_asked(now, leg, &phone, number.as_ref());
            }
            Event::ForwardAsked {
                ticket,
                door,
                phone,
                kind,
                to,
            } => self.forward_key(now, (ticket, door), &phone, kind, to),
            Event::QuietAsked {
                ticket,
                door,
                phone,
                quiet,
            } => {
                self.phone_used(now, &phone, Signal::Key);
                self.quiet_asked(now, (Asker::Ticket(ticket), door), &phone, quiet);
            }
            Event::ReadyAsked {
                ticket,
                door,
                at,
                ready,
            } => self.ready_wanted(now, (ticket, door), at, ready),
            Event::ConferenceAsked { ticket, leg, other } => self.confer(now, ticket, leg, other),
            Event::PrivacyAsked {
                ticket,
                phone,
                private,
            } => self.privacy_asked(now, Asker::Ticket(ticket), &phone, private),
            Event::RemoteLogoutAsked {
                ticket,
                door,
                phone,
                dn,
            } => {
                self.phone_used(now, &phone, Signal::Key);
                self.leave_remotely(now, (Asker::Ticket(ticket), door), &phone, &dn);
            }
            Event::StayAsked { ticket, phone } => self.stay(now, ticket, &phone),
            Event::UseTold {
                ticket,
                phone,
                signal,
            } => {
                self.hook_signal(now, &phone, signal);
                self.answer(Asker::Ticket(ticket), Ok(signal.words().to_owned()));
            }
            Event::PhoneRests {
                ticket,
                phone,
                rest,
            } => self.phone_rests(now, ticket, &phone, rest),
            Event::LeftElsewhere {
                ticket,
                phone,
                text,
            } => self.left_elsewhere(now, ticket, &phone, text),
            Event::PinChosen {
                ticket,
                door,
                phone,
                user,
                pin,
            } => self.pin_chosen(now, (ticket, door), &phone, &user, pin),
            Event::DialEdited {
                ticket,
                door,
                phone,
                edit,
            } => self.dial_edited(now, (ticket, door), &phone, &edit),
            Event::LogoutRequested {
                ticket,
                door,
                target,
            } => self.log_out(now, ticket, door, &target),
            Event::ResetRequested {
                ticket,
                phone,
                hard,
            } => self.reset_requested(now, ticket, &phone, hard),
            Event::MassLogoutRequested { ticket, door } => self.log_out_all(now, ticket, door),
            Event::JobWished { ticket, job, wish } => self.job_wished(now, ticket, &job, wish),
            Event::UnlockRequested { ticket, user } => self.unlock(now, ticket, &user),
            Event::LockedOut(locked) => self.locked_out(now, locked),
            Event::Forgiven {
                ticket,
                phone,
                sources,
            } => self.forgiven(now, ticket, &phone, sources),
            Event::CallsForgotten {
                phone,
                attempt,
                forgot,
            } => self.calls_forgotten(now, &phone, attempt, forgot),
            Event::SecretChecked { ticket, matches } => self.secret_checked(now, ticket, matches),
            Event::ClaimGranted(claim) => self.claim_granted(now, claim),
            Event::ClaimLost {
                claim,
                store_failed,
            } => self.claim_lost(now, claim, store_failed),
            Event::UpstreamStands { user, standing } => self.upstream_stands(now, &user, standing),
            Event::UpstreamLine(line) => self.upstream_line(now, line),
            Event::Replayed(activity) => self.replayed(now, activity),
        }
        self.settle_hunting(now);
        self.settle_upstream();
        self.notice_activity(now);
    }

    /// Does what is due; harmless if nothing is.
    pub fn wake(&mut self, now: Now) {
        self.moment = now;
        while let Some(timer) = self.deadlines.pop_due(now.uptime) {
            match timer {
                Timer::Session(id) => {
                    self.leave_if_idle(now, id);
                    self.look_at(now, id);
                }
                Timer::NoAnswer(call) => self.no_answer(now, call),
                Timer::Waiting(call) => self.waiting_due(now, call),
                Timer::Members => self.members_rested(now),
                Timer::Park(call) => self.park_overdue(now, call),
                Timer::Conversation(leg) => self.conversation_pauses(now, leg),
                Timer::WrapUp(dn) => self.wrap_up_over(now, &dn),
                Timer::OffHook(phone) => self.off_hook_limit(now, &phone),
                Timer::MoveLimit(user) => self.settle_move(now, &user),
                Timer::Softphones => self.softphones_overdue(now),
                Timer::Forgetting(phone) => self.forgetting_due(now, &phone),
                Timer::Pace => self.pace_logouts(now),
                Timer::Renewals => self.pace_renewals(now),
                Timer::Clock => self.look_at_clock(now),
                Timer::Save => {
                    self.settle_activity(now);
                    self.save_hunt_statistics(now);
                    self.save_in_background(now);
                }
            }
        }
        self.settle_hunting(now);
        self.settle_upstream();
        self.notice_activity(now);
    }
}
