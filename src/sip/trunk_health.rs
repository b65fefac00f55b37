//! Whether a trunk answers at one of its addresses: a rule, and what it needs to remember.

use std::time::Duration;

/// So many questions in a row without an answer make an address count as down, and so many answers as up again: one
/// lost datagram is no outage.
const IN_A_ROW: u8 = 2;

/// The longest that a trunk is left alone because it says so.
const LONGEST_REST: Duration = Duration::from_secs(3600);

/// What is known of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Health {
    state: State,
    /// Until when it wants to be left alone (uptime), and why that is thought.
    rests: Option<(Duration, String)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing was heard yet; so many questions went without an answer.
    #[default]
    Unknown,
    Unheard(u8),
    /// It answers; so many questions in a row were not answered.
    Up(u8),
    /// It does not, and why that is thought; so many answers in a row came since.
    Down(String, u8),
}

impl Health {
    /// It took a call, or refused one for the called party's sake: it works.
    pub fn worked(&mut self) {
        self.state = State::Up(0);
    }

    /// It answered a question.
    pub fn answered(&mut self) {
        self.state = match std::mem::take(&mut self.state) {
            State::Down(why, good) if good + 1 < IN_A_ROW => State::Down(why, good + 1),
            _ => State::Up(0),
        };
    }

    /// It did not answer, or said that it cannot.
    pub fn failed(&mut self, why: &str) {
        let bad = match std::mem::take(&mut self.state) {
            State::Unknown => 1,
            State::Unheard(bad) | State::Up(bad) if bad + 1 >= IN_A_ROW => {
                self.state = State::Down(why.to_owned(), 0);
                return;
            }
            State::Unheard(bad) => bad + 1,
            State::Up(bad) => {
                self.state = State::Up(bad + 1);
                return;
            }
            State::Down(before, _) => {
                self.state = State::Down(before, 0);
                return;
            }
        };
        self.state = State::Unheard(bad);
    }

    /// It wants to be left alone. Until when that is heeded (uptime).
    pub fn rest(&mut self, now: Duration, time: Duration, why: String) -> Duration {
        let until = now + time.min(LONGEST_REST);
        self.rests = Some((until, why));
        until
    }

    /// Why it wants to be left alone, if it does.
    pub fn rests(&self, now: Duration) -> Option<&str> {
        let rests = self.rests.as_ref().filter(|(until, _)| now < *until);
        rests.map(|(_, why)| why.as_str())
    }

    /// Why it counts as down, if it does.
    pub fn is_down(&self) -> Option<&str> {
        match &self.state {
            State::Down(why, _) => Some(why),
            State::Unknown | State::Unheard(_) | State::Up(_) => None,
        }
    }

    /// Whether it is known to work.
    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Up(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: CAL-5
    #[test]
    fn one_lost_question_is_no_outage_and_one_answer_no_recovery() {
        let mut health = Health::default();
        assert!(!health.is_up() && health.is_down().is_none());
        health.answered();
        assert!(health.is_up());
        health.failed("no answer");
        assert!(health.is_up(), "once");
        health.answered();
        health.failed("no answer");
        assert!(health.is_up(), "once again, but not in a row");
        health.failed("no answer");
        assert_eq!(health.is_down(), Some("no answer"));
        health.answered();
        assert!(health.is_down().is_some(), "one answer");
        health.failed("503");
        health.answered();
        assert!(health.is_down().is_some(), "not in a row");
        health.answered();
        assert!(health.is_up());
    }

    /// rules: CAL-5
    #[test]
    fn an_address_that_never_answered_goes_down_and_a_call_brings_it_up() {
        let mut health = Health::default();
        health.failed("no answer");
        assert_eq!(health.is_down(), None);
        health.failed("no answer");
        assert_eq!(health.is_down(), Some("no answer"));
        health.worked();
        assert!(health.is_up());
    }

    /// rules: CAL-5
    #[test]
    fn an_address_is_left_alone_for_as_long_as_it_says_but_not_for_days() {
        let mut health = Health::default();
        let now = Duration::from_secs(1000);
        let until = health.rest(now, Duration::from_secs(30), "503".into());
        assert_eq!(until, Duration::from_secs(1030));
        assert_eq!(health.rests(now), Some("503"));
        assert_eq!(health.rests(until), None);
        let until = health.rest(now, Duration::from_secs(1_000_000), "503".into());
        assert_eq!(until, now + LONGEST_REST);
    }
}
