//! A row of the table: who asks, and in which situation; and how it is played.

use perch::pbx::{
    AgentKind, Cause, Door, Event, Firmware, KeptBy, LeaveBy, LeaveWish, Leaving, LineUse,
    LogoutTarget, NotNow, Obstacle, Refusal,
};

use super::house::{CALLERS, HERS, HIS, House, Houses, Limit, OTHER, Plan};

/// A way to a logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Code,
    Softkey,
    Page,
    OthersCode,
    OthersSoftkey,
    Administrator,
    Program,
    Everybody,
    IdleLimit,
    TotalLimit,
    ClockTime,
    Firmware,
}

impl Way {
    pub const ALL: [Way; 12] = [
        Way::Code,
        Way::Softkey,
        Way::Page,
        Way::OthersCode,
        Way::OthersSoftkey,
        Way::Administrator,
        Way::Program,
        Way::Everybody,
        Way::IdleLimit,
        Way::TotalLimit,
        Way::ClockTime,
        Way::Firmware,
    ];

    /// As people say it.
    pub fn words(self) -> &'static str {
        match self {
            Way::Code => "the logout code",
            Way::Softkey => "the logout key",
            Way::Page => "a page of the phone",
            Way::OthersCode => "the code for remote logout at another phone",
            Way::OthersSoftkey => "the key for it at another phone",
            Way::Administrator => "an administrator",
            Way::Program => "a program",
            Way::Everybody => "a program, for everybody",
            Way::IdleLimit => "the idle limit",
            Way::TotalLimit => "the total limit",
            Way::ClockTime => "a clock time",
            Way::Firmware => "firmware",
        }
    }

    fn by(self) -> LeaveBy {
        match self {
            Way::Code | Way::Softkey | Way::Page => LeaveBy::Here,
            Way::OthersCode | Way::OthersSoftkey => LeaveBy::OtherPhone,
            Way::Administrator | Way::Program => LeaveBy::Office,
            Way::Everybody => LeaveBy::Everybody,
            Way::IdleLimit | Way::TotalLimit | Way::ClockTime | Way::Firmware => {
                LeaveBy::Perch(self.cause())
            }
        }
    }

    /// Why the session has ended then.
    fn cause(self) -> Cause {
        match self {
            Way::Code | Way::Softkey | Way::Page => Cause::User,
            Way::OthersCode | Way::OthersSoftkey => Cause::Remote,
            Way::Administrator => Cause::Admin,
            Way::Program | Way::Everybody => Cause::Api,
            Way::IdleLimit => Cause::Idle,
            Way::TotalLimit => Cause::Duration,
            Way::ClockTime => Cause::Schedule,
            Way::Firmware => Cause::Firmware,
        }
    }

    fn limit(self) -> Limit {
        match self {
            Way::IdleLimit => Limit::Idle,
            Way::TotalLimit => Limit::Total,
            Way::ClockTime => Limit::Clock,
            _ => Limit::None,
        }
    }
}

/// What goes on on a line of alice's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    Idle,
    Rings,
    Talks,
    Holds,
    /// A co-worker talks on it.
    CoWorker,
}

impl Line {
    pub const PRIME: [Line; 4] = [Line::Idle, Line::Rings, Line::Talks, Line::Holds];
    pub const OTHERS: [Line; 5] = [
        Line::Idle,
        Line::Rings,
        Line::CoWorker,
        Line::Talks,
        Line::Holds,
    ];

    /// As people say it.
    pub fn words(self) -> &'static str {
        match self {
            Line::Idle => "idle",
            Line::Rings => "ringing",
            Line::Talks => "active",
            Line::Holds => "held",
            Line::CoWorker => "in use by co-workers",
        }
    }

    /// What co-workers do at their phones is nothing at this one.
    fn in_use(self) -> LineUse {
        match self {
            Line::Idle | Line::CoWorker => LineUse::Idle,
            Line::Rings => LineUse::Ringing,
            Line::Talks => LineUse::Active,
            Line::Holds => LineUse::Held,
        }
    }
}

/// What keeps alice's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    Usual,
    Exempt,
    Emergency,
}

impl Kept {
    pub const ALL: [Kept; 3] = [Kept::Usual, Kept::Exempt, Kept::Emergency];
}

/// Which kind of agent alice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agent {
    No,
    Traditional,
    HotDesk,
}

impl Agent {
    pub const ALL: [Agent; 3] = [Agent::No, Agent::Traditional, Agent::HotDesk];

    fn kind(self) -> Option<AgentKind> {
        match self {
            Agent::No => None,
            Agent::Traditional => Some(AgentKind::Traditional),
            Agent::HotDesk => Some(AgentKind::HotDesk),
        }
    }
}

/// A situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub way: Way,
    pub prime: Line,
    pub others: Line,
    pub kept: Kept,
    pub agent: Agent,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Played {
    Now,
    WhenIdle,
    Refused(&'static str),
    Waits,
    Kept,
}

const RINGS: &str = "it rings";
const AGENT: &str = "agent in a call";
const IN_USE: &str = "in use";
const HELP: &str = "emergency call";

impl From<Leaving> for Played {
    fn from(leaving: Leaving) -> Played {
        match leaving {
            Leaving::Now => Played::Now,
            Leaving::WhenIdle => Played::WhenIdle,
            Leaving::Refused(NotNow::Rings) => Played::Refused(RINGS),
            Leaving::Refused(NotNow::AgentInCall) => Played::Refused(AGENT),
            Leaving::Refused(NotNow::InUse) => Played::Refused(IN_USE),
            Leaving::Refused(NotNow::EmergencyCall) => Played::Refused(HELP),
            Leaving::Waits => Played::Waits,
            Leaving::Kept => Played::Kept,
        }
    }
}

/// When the situation is there, in seconds; and when whoever asks does.
const SITUATION: u64 = 120;
const ASKED: u64 = 125;

/// When all that is due by limits has been.
const LIMITS_OVER: u64 = 780;

/// When a phone goes that comes back with other firmware, and when it is back.
const GONE: u64 = 130;
const BACK: u64 = 560;

/// When nothing holds anybody any more: neither limits nor an emergency call.
const LATER: u64 = 4500;

impl Row {
    /// How many there are.
    pub const COUNT: usize = Way::ALL.len()
        * Line::PRIME.len()
        * Line::OTHERS.len()
        * Kept::ALL.len()
        * Agent::ALL.len();

    /// All of them.
    pub fn all() -> impl Iterator<Item = Row> {
        (0..Row::COUNT).map(|number| {
            let mut left = number;
            let mut next = |count: usize| {
                let place = left % count;
                left /= count;
                place
            };
            Row {
                agent: Agent::ALL[next(Agent::ALL.len())],
                kept: Kept::ALL[next(Kept::ALL.len())],
                others: Line::OTHERS[next(Line::OTHERS.len())],
                prime: Line::PRIME[next(Line::PRIME.len())],
                way: Way::ALL[next(Way::ALL.len())],
            }
        })
    }

    /// The same in the words of the rule.
    pub fn wish(self) -> LeaveWish {
        LeaveWish {
            by: self.way.by(),
            prime: self.prime.in_use(),
            others: self.others.in_use(),
            agent: self.agent.kind(),
            kept_by: match self.kept {
                Kept::Usual => KeptBy::Nothing,
                Kept::Exempt => KeptBy::Exemption,
                Kept::Emergency => KeptBy::EmergencyCall,
            },
        }
    }

    /// Builds the situation, asks, and looks what happens; then lets go of the phone, and looks again.
    pub fn play(self, houses: &mut Houses) -> Played {
        let mut house = houses.open(Plan {
            agent: self.agent.kind(),
            is_exempt: self.kept == Kept::Exempt,
            limit: self.way.limit(),
        });
        if self.kept == Kept::Emergency {
            house.call_for_help();
        }
        house.run_until(SITUATION);
        let lines = [
            (self.prime, CALLERS[0], "2001"),
            (self.others, CALLERS[1], "2005"),
        ];
        for (line, caller, number) in lines {
            happens(&mut house, line, caller, number);
        }
        house.run_until(ASKED);
        assert_eq!(house.ended, None, "{self:?}: it is too early for that");
        self.ask(&mut house);
        let played = match &house.answered {
            _ if house.ended.is_some() => Played::Now,
            _ if house.is_leaving => Played::WhenIdle,
            Some(Err(why)) => Played::Refused(words(why)),
            _ => Played::Waits,
        };
        house.calls_end();
        house.run_until(LATER);
        let is_over = house.ended.is_some();
        if is_over {
            assert_eq!(house.ended, Some(self.way.cause()), "{self:?}");
        }
        match played {
            Played::Waits if !is_over => return Played::Kept,
            Played::Refused(_) => assert!(!is_over, "{self:?}: it was refused, and happened"),
            _ => assert!(is_over, "{self:?}: it is to happen, and did not"),
        }
        played
    }

    fn ask(self, house: &mut House) {
        let (phone, door) = (HERS.into(), Door::Softkey);
        match self.way {
            Way::Code => drop(house.dial(HERS, "*12#")),
            Way::OthersCode => drop(house.dial(OTHER, "*132001#")),
            Way::IdleLimit | Way::TotalLimit | Way::ClockTime => {}
            Way::Firmware => {
                house.run_until(GONE);
                house.tell(Event::PhoneGone(phone));
                house.run_until(BACK);
                let phone = HERS.into();
                let firmware = Firmware {
                    load: None,
                    user_agent: Some("Yealink SIP-T46G 28.83.0.50".to_owned()),
                };
                house.tell(Event::FirmwareTold { phone, firmware });
                house.tell(Event::PhoneRegistered(HERS.into()));
            }
            asked => {
                let ticket = house.ticket();
                house.tell(match asked {
                    Way::Page => Event::LeaveAsked {
                        ticket,
                        door: Door::Page,
                        phone,
                    },
                    Way::OthersSoftkey => Event::RemoteLogoutAsked {
                        ticket,
                        door,
                        phone: OTHER.into(),
                        dn: "2001".into(),
                    },
                    Way::Administrator => Event::LogoutRequested {
                        ticket,
                        door: Door::Control,
                        target: LogoutTarget::User("alice".into()),
                    },
                    Way::Program => Event::LogoutRequested {
                        ticket,
                        door: Door::Api,
                        target: LogoutTarget::Phone(phone),
                    },
                    Way::Everybody => Event::MassLogoutRequested {
                        ticket,
                        door: Door::Api,
                    },
                    _ => Event::LeaveAsked {
                        ticket,
                        door,
                        phone,
                    },
                });
            }
        }
        // Those that Perch itself ends go in their turn.
        house.run_until(match self.way.limit() {
            Limit::None if self.way == Way::Firmware => BACK + 5,
            Limit::None => ASKED + 5,
            _ => LIMITS_OVER,
        });
    }
}

/// Somebody calls a number of alice's, and it comes to this.
fn happens(house: &mut House, line: Line, caller: &str, number: &str) {
    if line == Line::Idle {
        return;
    }
    house.call(caller, number);
    match line {
        Line::Idle | Line::Rings => {}
        Line::Talks => drop(house.answer(HERS)),
        Line::CoWorker => drop(house.answer(HIS)),
        Line::Holds => {
            let leg = house.answer(HERS);
            house.hold(leg);
        }
    }
}

fn words(why: &Refusal) -> &'static str {
    match why {
        Refusal::Blocked(Obstacle::Ringing) => RINGS,
        Refusal::Blocked(Obstacle::AgentInCall) => AGENT,
        Refusal::Blocked(Obstacle::InUse(_)) => IN_USE,
        Refusal::Blocked(Obstacle::EmergencyHold(..)) => HELP,
        other => panic!("nobody expected {other:?}"),
    }
}
