//! Short texts from phone to phone: to whoever a number is, where that is now.

use super::Pbx;
use super::action::{Action, Refusal};
use super::dialplan::{self, Destination};
use super::event::{Body, Secret, Ticket};
use super::names::{Dn, PhoneName};

impl Pbx {
    /// Somebody at a phone sent a text. It goes to every phone where the number appears, and is forwarded nowhere.
    pub(super) fn text_sent(&mut self, ticket: Ticket, phone: &PhoneName, to: &Secret, body: Body) {
        match self.readers(phone, to) {
            Ok((called, phones)) => {
                let from = self.party_at(phone);
                self.act(Action::DeliverText {
                    ticket,
                    from,
                    called,
                    phones,
                    body,
                });
            }
            Err(why) => self.act(Action::RefuseText { ticket, why }),
        }
    }

    /// Who is to read a text.
    fn readers(&self, phone: &PhoneName, to: &Secret) -> Result<(Dn, Vec<PhoneName>), Refusal> {
        let Destination::Number(dn) = dialplan::destination(&self.site, to.reveal()) else {
            let text = "A text cannot be sent to a code or an emergency number";
            return Err(Refusal::Conflict(text.into()));
        };
        self.may_call(phone, &dn)?;
        let phones: Vec<PhoneName> = self.directory.phones_with(&dn).cloned().collect();
        let is_there = |phone: &PhoneName| self.phones.get(phone).is_some_and(|p| p.registered);
        let there: Vec<PhoneName> = phones.into_iter().filter(is_there).collect();
        match there.is_empty() {
            true => Err(Refusal::NobodyThere),
            false => Ok((dn, there)),
        }
    }
}
