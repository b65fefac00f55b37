//! How far an SCCP phone may be when somebody begins to say nonsense by it.

use std::io;

use perch::sccp::wire::{CallState, ToPhone, Tone};

use crate::station::Station;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Silent,
    TokenAsked,
    Asking,
    Registered,
    OffHook,
    Dialling,
    Calling,
    Ringing,
    InCall,
    Held,
    Transferring,
    LoggingIn,
    Swapping,
    LoggingOut,
    Unregistered,
}

impl Stage {
    pub const ALL: [Stage; 15] = [
        Stage::Silent,
        Stage::TokenAsked,
        Stage::Asking,
        Stage::Registered,
        Stage::OffHook,
        Stage::Dialling,
        Stage::Calling,
        Stage::Ringing,
        Stage::InCall,
        Stage::Held,
        Stage::Transferring,
        Stage::LoggingIn,
        Stage::Swapping,
        Stage::LoggingOut,
        Stage::Unregistered,
    ];

    /// Whether somebody logs in there.
    pub fn is_about_a_session(self) -> bool {
        matches!(self, Stage::LoggingIn | Stage::Swapping | Stage::LoggingOut)
    }
}

/// Who takes part: a phone that is connected and its number, another that is idle and its number, and a user.
pub struct Cast<'a> {
    pub phone: &'a mut Station,
    pub number: &'a str,
    pub other: &'a mut Station,
    pub other_number: &'a str,
    /// The code that logs somebody in.
    pub code: &'a str,
}

const RINGS_THERE: &[CallState] = &[CallState::RingOut];
const RINGS_HERE: &[CallState] = &[CallState::RingIn, CallState::CallWaiting];

impl Cast<'_> {
    /// Brings the phone there.
    pub fn get_to(&mut self, stage: Stage) -> io::Result<()> {
        match stage {
            Stage::Silent => return Ok(()),
            Stage::TokenAsked => return self.phone.asks_for_a_token(),
            Stage::Asking => return self.phone.asks_to_register().map(drop),
            _ => self.phone.register()?,
        }
        match stage {
            Stage::OffHook | Stage::Dialling | Stage::LoggingIn => {
                self.phone.soft("NewCall", (0, 0))?;
                self.phone.gets_to(&[CallState::OffHook])?;
                match stage {
                    Stage::Dialling => self.phone.press("9")?,
                    Stage::LoggingIn => self.phone.press("*11*2100*1")?,
                    _ => {}
                }
            }
            Stage::Calling => {
                self.phone.dial(self.other_number)?;
                self.phone.gets_to(RINGS_THERE)?;
            }
            Stage::Ringing => {
                self.other.dial(self.number)?;
                self.phone.gets_to(RINGS_HERE)?;
            }
            Stage::InCall | Stage::Held | Stage::Transferring => self.talk(stage)?,
            Stage::Swapping | Stage::LoggingOut => self.log_in(stage)?,
            Stage::Unregistered => self.phone.unregisters()?,
            _ => {}
        }
        Ok(())
    }

    fn talk(&mut self, stage: Stage) -> io::Result<()> {
        self.phone.dial(self.other_number)?;
        self.other.answers()?;
        let phone = &mut *self.phone;
        phone.talks_to_somebody()?;
        let place = phone.gets_to(&[CallState::Connected])?;
        match stage {
            Stage::Held => {
                phone.soft("Hold", place)?;
                phone.gets_to(&[CallState::Hold])?;
            }
            Stage::Transferring => {
                phone.soft("Transfer", place)?;
                phone.gets_to(&[CallState::OffHook])?;
                phone.press("7")?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The phone becomes somebody's as soon as it is hung up.
    fn log_in(&mut self, stage: Stage) -> io::Result<()> {
        let phone = &mut *self.phone;
        phone.dial(self.code)?;
        while !is_an_end(&phone.hear()?) {}
        let place = phone.calls.iter().next();
        let place = place.map_or((1, 0), |(call, told)| (told.line, *call));
        phone.soft("EndCall", place)?;
        if stage == Stage::LoggingOut {
            phone.is_there()?;
            phone.soft("Logout", (0, 0))?;
        }
        Ok(())
    }
}

/// Whether it is heard that a code was right or wrong.
fn is_an_end(message: &ToPhone) -> bool {
    let ends = [Tone::Confirmation, Tone::Reorder, Tone::Busy];
    matches!(message, ToPhone::StartTone(tone) if ends.contains(&tone.tone))
}
