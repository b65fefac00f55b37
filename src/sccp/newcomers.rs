//! Phones that the site does not name, and that may come all the same.

use super::switchboard::{Connection, Switchboard};
use super::wire::Register;
use crate::pbx::{ModelName, PhoneName, Unwelcome};

/// A phone that nobody named wants to be one of the site's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// What it is called.
    pub phone: PhoneName,
    /// Its model.
    pub model: ModelName,
}

/// What such a phone is told that may not come.
const UNKNOWN: &str = "This phone is not known here";
const ELSEWHERE: &str = "Not allowed from this network";
const NO_NUMBER: &str = "No number is free for it";
const MODEL: &str = "This model is not supported";

impl Switchboard {
    /// A phone that nobody named wants to register. It waits until the site has it, or hears why not: in words that fit a
    /// display.
    pub(super) fn newcomer(
        &mut self,
        connection: Connection,
        name: &PhoneName,
        register: &Register,
    ) -> Result<(), &'static str> {
        match self.shared.site.may_enrol(connection.remote.ip()) {
            Ok(()) if is_device_name(name.as_str()) => {}
            Ok(()) | Err(Unwelcome::Nobody) => return Err(UNKNOWN),
            Err(Unwelcome::Elsewhere) => return Err(ELSEWHERE),
        }
        let model = self.shared.site.model_of_type(register.device_type);
        let model = model.ok_or(MODEL)?.name.clone();
        if !self.newcomers.contains_key(name) {
            if self.newcomers.len() >= self.free_numbers {
                return Err(NO_NUMBER);
            }
            let phone = name.clone();
            tracing::info!(%phone, remote = %connection.remote, %model, "SCCP phone that nobody named wants to register");
            self.shared.newcomers.push(Newcomer { phone, model });
        }
        let waits = (connection.id, Box::new(register.clone()));
        self.newcomers.insert(name.clone(), waits);
        Ok(())
    }

    /// The site is another: those who are in it now may register.
    pub(super) fn let_newcomers_in(&mut self) {
        self.free_numbers = self.shared.site.free_numbers();
        let waiting = std::mem::take(&mut self.newcomers);
        for (name, (id, register)) in waiting {
            if !self.shared.site.phones.contains_key(&name) {
                self.newcomers.insert(name, (id, register));
            } else if let Some(plug) = self.plugs.get(&id) {
                self.register(plug.connection, *register);
            }
        }
    }

    /// A connection is gone, and with it who waited there.
    pub(super) fn forget_newcomer(&mut self, connection: u64) {
        self.newcomers.retain(|_, (id, _)| *id != connection);
    }
}

/// `SEP` or `ATA`, and a hardware address: what phones call themselves unless somebody gave them a name.
fn is_device_name(name: &str) -> bool {
    let address = name
        .strip_prefix("SEP")
        .or_else(|| name.strip_prefix("ATA"));
    let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'A'..=b'F');
    address.is_some_and(|text| text.len() == 12 && text.bytes().all(is_digit))
}
