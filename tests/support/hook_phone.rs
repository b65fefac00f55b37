//! A phone that tells of its hook and its keys, for rules that SIP has no signal for. It speaks to the core in the
//! core's own words, until a protocol is built that has them (SCCP).

use std::time::Duration;

use perch::pbx::{
    Action, Digit, Event, Forgot, Hops, LegId, LegIds, PhoneName, Secret, Shown, Signal,
};

use super::phone::{CallSight, CallState, Doings, Order, Packet, Phone};

pub struct HookPhone {
    name: PhoneName,
    leg_ids: LegIds,
    call: Option<(LegId, CallState, Duration)>,
    uptime: Duration,
    doings: Doings,
}

impl HookPhone {
    /// A phone that was just switched on. `minter` is its own range of leg ids.
    pub fn new(name: PhoneName, minter: u8, uptime: Duration) -> HookPhone {
        let mut phone = HookPhone {
            leg_ids: LegIds::minted_by(minter),
            name: name.clone(),
            call: None,
            uptime,
            doings: Doings::default(),
        };
        phone.tell(Event::PhoneRegistered(name));
        phone
    }

    fn tell(&mut self, event: Event) {
        self.doings.sends.push(Packet::Event(event));
    }

    fn signal(&mut self, signal: Signal) {
        let phone = self.name.clone();
        self.tell(Event::PhoneUsed { phone, signal });
    }

    fn sees(&mut self, sight: impl Into<String>) {
        self.doings.sights.push(sight.into());
    }

    fn enter(&mut self, leg: LegId, state: CallState) {
        self.call = Some((leg, state, self.uptime));
    }

    fn dial(&mut self, digits: &str) {
        let leg = self.leg_ids.mint();
        self.enter(leg, CallState::Calling);
        self.tell(Event::Dialled {
            leg,
            phone: self.name.clone(),
            line: None,
            digits: Secret::new(digits.to_owned()),
            offer: None,
            hops: Hops::default(),
        });
    }

    fn over(&mut self, text: &str) {
        self.call = None;
        self.sees(format!("hears \"{text}\""));
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Ring { leg, caller, .. } => {
                self.enter(leg, CallState::Ringing);
                self.sees(format!(
                    "rings (from {} {})",
                    caller.dn, caller.display_name
                ));
                self.tell(Event::Progressed {
                    leg,
                    branch: 0,
                    ringing: true,
                    media: None,
                });
            }
            Action::ShowProgress { .. } => self.sees("hears it ring"),
            Action::Answer { leg, connected, .. } => {
                self.enter(leg, CallState::Talking);
                self.sees(format!("talks with {}", connected.dn));
            }
            Action::Converse { leg } => self.enter(leg, CallState::Talking),
            Action::Prompt { prompt, .. } => self.sees(format!("is prompted: {prompt:?}")),
            Action::Refuse { why, .. } => self.over(&why.text()),
            Action::Confirm { text, .. } => self.over(&text),
            Action::Release { text, .. } => self.over(text),
            Action::ApplyProfile { text, shown, .. } => {
                let whose = match shown {
                    Shown::User(user) => user.to_string(),
                    Shown::Nobody(_) => "nobody".to_owned(),
                };
                self.sees(format!("is {whose}'s and reads \"{text}\""));
            }
            Action::Tell { text, .. } => self.sees(format!("reads \"{text}\"")),
            Action::Howl { .. } => self.sees("howls"),
            Action::ForgetCalls { phone, attempt } => self.tell(Event::CallsForgotten {
                phone,
                attempt,
                forgot: Forgot::Impossible,
            }),
            other => self.doings.faults.push(format!("not for here: {other:?}")),
        }
    }
}

impl Phone for HookPhone {
    fn order(&mut self, uptime: Duration, order: &Order) -> Result<(), String> {
        self.uptime = uptime;
        match (order, self.call) {
            (Order::OffHook, _) => self.signal(Signal::OffHook),
            (Order::OnHook, _) => self.signal(Signal::OnHook),
            (Order::PressKey, _) => self.signal(Signal::Key),
            (Order::PressDigit(_), None) => self.signal(Signal::Digit),
            (Order::Type(digits), Some((leg, CallState::Talking, _))) => {
                for digit in digits.chars().filter_map(Digit::new) {
                    self.tell(Event::DigitPressed { leg, digit });
                }
            }
            (Order::Dial(digits), None) => self.dial(digits),
            (Order::Answer, Some((leg, CallState::Ringing, _))) => {
                self.enter(leg, CallState::Talking);
                self.tell(Event::Answered {
                    leg,
                    branch: 0,
                    media: None,
                });
            }
            (Order::HangUp, Some((leg, ..))) => {
                self.call = None;
                self.tell(Event::Released { leg, dead: false });
            }
            _ => return Err(format!("a hook phone cannot do {order:?} now")),
        }
        Ok(())
    }

    fn receive(&mut self, uptime: Duration, packet: Packet) {
        self.uptime = uptime;
        match packet {
            Packet::Action(action) => self.perform(action),
            other => self.doings.faults.push(format!("not for here: {other:?}")),
        }
    }

    fn wake(&mut self, _: Duration) {}

    fn next_deadline(&self) -> Option<Duration> {
        None
    }

    fn take_doings(&mut self) -> Doings {
        std::mem::take(&mut self.doings)
    }

    fn calls(&self) -> Vec<CallSight> {
        let sight = |(leg, state, since): (LegId, _, _)| CallSight {
            state,
            since,
            number: leg.0,
            is_dialling: false,
            excused: false,
        };
        self.call.map(sight).into_iter().collect()
    }

    fn excuse_server(&mut self) {}

    fn is_registered(&self) -> bool {
        true
    }

    fn unfinished(&self) -> Vec<String> {
        self.call
            .map(|call| format!("{call:?}"))
            .into_iter()
            .collect()
    }
}
