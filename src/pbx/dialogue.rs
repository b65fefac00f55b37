//! Talking to Perch itself: a login that is asked for key by key, and the echo test.

use std::collections::BTreeMap;
use std::time::Duration;

use super::change::{Door, Signal};
use super::event::{LegId, Secret};
use super::login::Asker;
use super::names::PhoneName;
use super::prompt::{Digit, Prompt};
use super::{Action, Pbx, Refusal, Timer};
use crate::time::Now;

/// More keys than this are no user and no PIN: both have 32 at most.
const MOST_KEYS: usize = 40;

/// Whoever is not through after so long begins anew.
const LONGEST_DIALOGUE: Duration = Duration::from_secs(180);

/// Somebody talks to Perch.
#[derive(Debug)]
struct Conversation {
    phone: PhoneName,
    /// How it was asked for.
    door: Door,
    /// When it is over, come what may (uptime).
    ends: Duration,
    topic: Topic,
}

#[derive(Debug)]
enum Topic {
    /// They want to log in.
    Login {
        /// What is asked.
        question: Question,
        /// How often the answer was no.
        refused: u32,
    },
    /// They want to hear themselves.
    Echo,
}

/// What is asked, and what was typed so far. A PIN may be typed where a user is asked for: both are secrets.
#[derive(Debug)]
enum Question {
    User(Secret),
    Pin {
        user: Secret,
        typed: Secret,
    },
    /// Nothing: it is being looked at.
    Nothing,
}

/// All conversations, by their legs.
#[derive(Debug, Default)]
pub(super) struct Conversations(BTreeMap<LegId, Conversation>);

impl Conversations {
    /// Whether this leg is one in which somebody speaks. A dialogue is none: it is dialling, only slower.
    pub fn is_call(&self, leg: LegId) -> bool {
        let topic = self.0.get(&leg).map(|conversation| &conversation.topic);
        matches!(topic, Some(Topic::Echo))
    }
}

/// What follows from a key, or from none for a while.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Nothing.
    Wait,
    /// They are to hear something else.
    Say(Prompt),
    /// Both are there.
    Check { user: Secret, pin: Secret },
    /// They say nothing any more.
    GiveUp,
}

impl Question {
    fn first() -> Question {
        Question::User(nothing_typed())
    }

    /// The rule for a key. `#` ends what is typed; `*` takes it back, and then the question before it.
    fn press(&mut self, digit: Digit) -> Step {
        let (typed, is_first) = match self {
            Question::User(typed) => (typed, true),
            Question::Pin { typed, .. } => (typed, false),
            Question::Nothing => return Step::Wait,
        };
        match digit.char() {
            '#' => self.end(),
            '*' if is_first || typed.reveal().is_empty() => {
                *self = Question::first();
                Step::Say(Prompt::Dial)
            }
            '*' => {
                *typed = nothing_typed();
                Step::Say(Prompt::DialMore)
            }
            key @ '0'..='9' => {
                let begins = typed.reveal().is_empty();
                if typed.reveal().len() < MOST_KEYS {
                    typed.push(key);
                }
                if begins {
                    Step::Say(Prompt::Silence)
                } else {
                    Step::Wait
                }
            }
            _ => Step::Wait,
        }
    }

    /// The rule for a pause: it ends what was typed, if anything was.
    fn pause(&mut self) -> Step {
        match self {
            Question::User(typed) | Question::Pin { typed, .. } if !typed.reveal().is_empty() => {
                self.end()
            }
            Question::Nothing => Step::Wait,
            _ => Step::GiveUp,
        }
    }

    fn end(&mut self) -> Step {
        match std::mem::replace(self, Question::Nothing) {
            Question::User(typed) if typed.reveal().is_empty() => {
                *self = Question::User(typed);
                Step::Say(Prompt::Dial)
            }
            Question::User(user) => {
                let typed = nothing_typed();
                *self = Question::Pin { user, typed };
                Step::Say(Prompt::DialMore)
            }
            Question::Pin { user, typed } => Step::Check { user, pin: typed },
            Question::Nothing => Step::Wait,
        }
    }

    /// Whether something was typed that no `#` has ended yet.
    fn is_begun(&self) -> bool {
        match self {
            Question::User(typed) | Question::Pin { typed, .. } => !typed.reveal().is_empty(),
            Question::Nothing => false,
        }
    }
}

/// Room for all keys, so that nothing has to be copied to another place.
fn nothing_typed() -> Secret {
    Secret::new(String::with_capacity(MOST_KEYS))
}

impl Pbx {
    /// Somebody dialled the login code alone, or pressed the key for it.
    pub(super) fn ask_for_login(&mut self, now: Now, leg: LegId, phone: &PhoneName, door: Door) {
        if let Err(why) = self.login_possible(phone, door) {
            self.login_refused(now, Asker::Leg(leg), door, phone, None, why);
            return;
        }
        let topic = Topic::Login {
            question: Question::first(),
            refused: 0,
        };
        self.converse(leg, (phone, door), topic, now.uptime + LONGEST_DIALOGUE);
        self.act(Action::Prompt {
            leg,
            prompt: Prompt::Dial,
        });
        self.await_key(now, leg);
    }

    /// Somebody dialled the code of the echo test.
    pub(super) fn begin_echo(&mut self, now: Now, leg: LegId, phone: &PhoneName) {
        let limit = Duration::from_secs(self.site.settings.echo_limit_s.into());
        let ends = now.uptime + limit;
        self.converse(leg, (phone, Door::Code), Topic::Echo, ends);
        self.act(Action::Prompt {
            leg,
            prompt: Prompt::Echo,
        });
        self.deadlines.arm(Timer::Conversation(leg), ends);
    }

    fn converse(
        &mut self,
        leg: LegId,
        (phone, door): (&PhoneName, Door),
        topic: Topic,
        ends: Duration,
    ) {
        let conversation = Conversation {
            phone: phone.clone(),
            door,
            ends,
            topic,
        };
        self.conversations.0.insert(leg, conversation);
        self.recorder.touch(phone);
        self.phones.entry(phone.clone()).or_default().legs.push(leg);
        self.act(Action::Converse { leg });
    }

    /// A key was pressed: a sign of life, whatever it means (IDL-1).
    pub(super) fn digit_pressed(&mut self, now: Now, leg: LegId, digit: Digit) {
        let Some(conversation) = self.conversations.0.get_mut(&leg) else {
            return;
        };
        let phone = conversation.phone.clone();
        let step = match &mut conversation.topic {
            Topic::Login { question, .. } => question.press(digit),
            Topic::Echo => Step::Wait,
        };
        self.phone_used(now, &phone, Signal::Digit);
        self.follow(now, leg, step);
    }

    /// Nothing was heard for a while, or it has been long enough.
    pub(super) fn conversation_pauses(&mut self, now: Now, leg: LegId) {
        let Some(conversation) = self.conversations.0.get_mut(&leg) else {
            return;
        };
        let is_over = now.uptime >= conversation.ends;
        match &mut conversation.topic {
            Topic::Echo => {
                self.forget_conversation(now, leg);
                self.act(Action::Release {
                    leg,
                    text: "The echo test is over",
                    answered_elsewhere: false,
                });
            }
            Topic::Login { .. } if is_over => self.follow(now, leg, Step::GiveUp),
            Topic::Login { question, .. } => {
                let step = question.pause();
                self.follow(now, leg, step);
            }
        }
    }

    fn follow(&mut self, now: Now, leg: LegId, step: Step) {
        let Some(conversation) = self.conversations.0.get(&leg) else {
            return;
        };
        let (phone, ends) = (conversation.phone.clone(), conversation.ends);
        let door = conversation.door;
        match step {
            Step::Wait => self.await_key(now, leg),
            Step::Say(prompt) => {
                self.act(Action::Prompt { leg, prompt });
                self.await_key(now, leg);
            }
            Step::Check { user, pin } => {
                // Nobody is hurried while it is being looked at, and nobody waits for ever for a store that is stuck.
                self.deadlines.arm(Timer::Conversation(leg), ends);
                let asker = (Asker::Dialogue(leg), door);
                self.login_requested(now, asker, &phone, user.reveal(), Some(pin));
            }
            Step::GiveUp => {
                self.forget_conversation(now, leg);
                let why = Refusal::Silence;
                self.act(Action::Refuse { leg, why });
            }
        }
    }

    /// Arms the end of the pause that somebody may make now: short within a number, longer before it.
    fn await_key(&mut self, now: Now, leg: LegId) {
        let Some(conversation) = self.conversations.0.get(&leg) else {
            return;
        };
        let settings = &self.site.settings;
        let pause = match &conversation.topic {
            Topic::Login { question, .. } if question.is_begun() => settings.digit_pause_s,
            Topic::Login {
                question: Question::Nothing,
                ..
            }
            | Topic::Echo => return,
            Topic::Login { .. } => settings.silence_s,
        };
        let at = now.uptime + Duration::from_secs(pause.into());
        self.deadlines
            .arm(Timer::Conversation(leg), at.min(conversation.ends));
    }

    /// The login went through. The yes waits for the store, as every yes does.
    pub(super) fn dialogue_settled(&mut self, leg: LegId, text: String) {
        if let Some(conversation) = self.conversations.0.remove(&leg) {
            self.deadlines.disarm(&Timer::Conversation(leg));
            self.recorder.touch(&conversation.phone);
            if let Some(phone) = self.phones.get_mut(&conversation.phone) {
                phone.legs.retain(|other| *other != leg);
            }
            self.act_stored(Action::Confirm { leg, text });
        }
    }

    /// The login did not go through. A wrong user or PIN may be tried again; whatever else it was would be again.
    pub(super) fn dialogue_refused(&mut self, now: Now, leg: LegId, why: Refusal) {
        let tries = self.site.settings.login_tries;
        let Some(conversation) = self.conversations.0.get_mut(&leg) else {
            return;
        };
        if let Topic::Login { question, refused } = &mut conversation.topic
            && why == Refusal::LoginRefused
        {
            *refused += 1;
            if *refused < tries && now.uptime < conversation.ends {
                *question = Question::first();
                let prompt = Prompt::DialAgain;
                return self.follow(now, leg, Step::Say(prompt));
            }
        }
        self.forget_conversation(now, leg);
        self.act(Action::Refuse { leg, why });
    }

    /// Somebody hung up. Whether they were talking to Perch.
    pub(super) fn conversation_left(&mut self, now: Now, leg: LegId) -> bool {
        self.forget_conversation(now, leg)
    }

    fn forget_conversation(&mut self, now: Now, leg: LegId) -> bool {
        let Some(conversation) = self.conversations.0.remove(&leg) else {
            return false;
        };
        self.deadlines.disarm(&Timer::Conversation(leg));
        let phone = conversation.phone;
        if let Some(state) = self.phones.get_mut(&phone) {
            state.legs.retain(|other| *other != leg);
        }
        if matches!(conversation.topic, Topic::Echo) {
            self.phone_used(now, &phone, Signal::CallEnded);
        }
        self.hook_without_call(now, &phone);
        self.phone_freed(now, &phone);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Presses keys one after the other; a space is a pause. What followed from each.
    fn press(keys: &str) -> Vec<Step> {
        let mut question = Question::first();
        let step = |key| match Digit::new(key) {
            Some(digit) => question.press(digit),
            None => question.pause(),
        };
        keys.chars().map(step).collect()
    }

    fn last(keys: &str) -> Step {
        press(keys).pop().expect("there are keys")
    }

    fn check(user: &str, pin: &str) -> Step {
        Step::Check {
            user: Secret::new(user.into()),
            pin: Secret::new(pin.into()),
        }
    }

    /// rules: SES-1
    #[test]
    fn keys_become_a_user_and_a_pin() {
        let table = [
            ("2", Step::Say(Prompt::Silence)),
            ("20", Step::Wait),
            ("2001#", Step::Say(Prompt::DialMore)),
            ("2001 ", Step::Say(Prompt::DialMore)),
            ("2001#1", Step::Say(Prompt::Silence)),
            ("2001#1111#", check("2001", "1111")),
            ("2001 1111 ", check("2001", "1111")),
            ("2001##", check("2001", "")),
            ("2001#A1B1C1D1#", check("2001", "1111")),
            ("#", Step::Say(Prompt::Dial)),
            (" ", Step::GiveUp),
            ("2001# ", Step::GiveUp),
            ("2002*", Step::Say(Prompt::Dial)),
            ("2002*2001#1111#", check("2001", "1111")),
            ("2001#22*", Step::Say(Prompt::DialMore)),
            ("2001#22*1111#", check("2001", "1111")),
            ("2002#*", Step::Say(Prompt::Dial)),
            ("2002#*2001#1111#", check("2001", "1111")),
            ("2001#1111#5", Step::Wait),
            ("2001#1111##", Step::Wait),
            ("2001#1111# ", Step::Wait),
        ];
        for (keys, expected) in table {
            assert_eq!(last(keys), expected, "{keys:?}");
        }
    }

    #[test]
    fn keys_without_end_are_neither_kept_nor_taken_for_a_pin() {
        let keys = "1".repeat(1000) + "#";
        assert_eq!(last(&keys), Step::Say(Prompt::DialMore));
        let Step::Check { user, pin } = last(&format!("{keys}{keys}")) else {
            panic!("there is a user and a PIN");
        };
        assert_eq!(user.reveal().len(), MOST_KEYS);
        assert_eq!(pin.reveal().len(), MOST_KEYS);
    }
}
