//! What a phone is: as somebody's, and as nobody's.

use serde::{Deserialize, Serialize};

use super::forward_set::ForwardKind;
use super::layout::Feature;
use super::line::ProfileLine;
use super::names::{ClassName, Dn, GroupName};
use super::policy::LogoutLimits;
use super::site::{PinHash, SecondLogin};
use super::softphone::SoftphoneUse;

/// What a phone becomes when a user logs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserProfile {
    /// Its lines. Empty: the user's own DN alone.
    pub lines: Vec<ProfileLine>,
    /// What the user may do.
    pub class: ClassName,
    /// When the user is logged out automatically.
    #[serde(flatten)]
    pub limits: LogoutLimits,
    /// Never logged out automatically (EXM-1).
    pub exempt: bool,
    /// Overrides the site's second-login policy (SES-2).
    pub second_login: Option<SecondLogin>,
    /// What becomes of calls while the user is logged in nowhere (OUT-7).
    pub absent: AbsentHandling,
    /// Where calls go on to.
    #[serde(default)]
    pub forwarding: Forwarding,
    /// What a softphone that registers as the user counts as (SES-17).
    #[serde(default)]
    pub softphone: SoftphoneUse,
    /// Numbers at the press of a button, in button order (PRO-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub speed_dials: Vec<SpeedDial>,
    /// Who may pick up what rings for the user, and whose calls the user may pick up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pickup_group: Option<GroupName>,
    /// The number of the user's voicemail. None: the site's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voicemail: Option<Dn>,
    /// Whether there is a button that hides calls on shared lines (PRO-6).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub privacy_button: bool,
    /// Whether there is a button that lets hunt calls pass by, or ring again (HG-2).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hunt_button: bool,
    /// Which kind of agent of hunt groups its users are, if they are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentKind>,
    /// What lifts the blocking of numbers after hours for a while (PRO-5). None: nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<PinHash>,
}

impl UserProfile {
    /// A profile that says no more than what its users may do.
    pub fn new(class: impl Into<ClassName>) -> UserProfile {
        UserProfile {
            lines: Vec::new(),
            class: class.into(),
            limits: LogoutLimits::default(),
            exempt: false,
            second_login: None,
            absent: AbsentHandling::default(),
            forwarding: Forwarding::default(),
            softphone: SoftphoneUse::default(),
            speed_dials: Vec::new(),
            pickup_group: None,
            voicemail: None,
            privacy_button: false,
            hunt_button: false,
            agent: None,
            pin: None,
        }
    }

    /// The features that are to have a button, in their order.
    pub fn features(&self) -> Vec<Feature> {
        wanted_features(self.privacy_button, self.hunt_button)
    }

    /// All numbers of its lines.
    pub fn numbers(&self) -> impl Iterator<Item = &Dn> {
        self.lines.iter().flat_map(|line| &line.numbers)
    }
}

/// A kind of agent: what the job at a queue means for leaving the phone. In a site it is one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentKind {
    /// Answers queues at this phone. Leaves it at once or not at all (OUT-2), and no total time ends the shift (DUR-1).
    Traditional,
    /// Answers queues wherever there is a free phone. Leaves like everybody else.
    HotDesk,
}

impl AgentKind {
    /// As a site file has it.
    pub fn word(self) -> &'static str {
        match self {
            AgentKind::Traditional => "traditional",
            AgentKind::HotDesk => "hot-desk",
        }
    }

    /// The kind that a word means.
    pub fn of_word(word: &str) -> Option<AgentKind> {
        let kinds = [AgentKind::Traditional, AgentKind::HotDesk];
        kinds.into_iter().find(|kind| kind.word() == word)
    }
}

/// A number at the press of a button (PRO-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeedDial {
    /// What is dialled: a number, an emergency number or a feature code.
    pub number: String,
    /// What stands beside the button.
    pub label: String,
    /// Its place among the others, 1–36. None: the next that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<u8>,
    /// Whether it has a lamp that shows how the number stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blf: bool,
}

impl SpeedDial {
    /// How many a profile may have (PRO-2).
    pub const MOST: usize = 36;

    /// A number with a label, where there is room.
    pub fn new(number: impl Into<String>, label: impl Into<String>) -> SpeedDial {
        SpeedDial {
            number: number.into(),
            label: label.into(),
            tag: None,
            blf: false,
        }
    }

    /// Whether its number can be dialled, and a phone can be told.
    pub fn has_number(&self) -> bool {
        let is_dialled = |b: u8| b.is_ascii_digit() || matches!(b, b'*' | b'#');
        (1..=23).contains(&self.number.len()) && self.number.bytes().all(is_dialled)
    }

    /// Whether its label can stand beside a button.
    pub fn has_label(&self) -> bool {
        SpeedDial::is_label(&self.label)
    }

    /// Whether a text can stand beside a button.
    pub fn is_label(text: &str) -> bool {
        (1..=39).contains(&text.chars().count()) && !text.contains(char::is_control)
    }
}

/// Where calls to a user go on to, and whether a second one may come in (CAL-2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Forwarding {
    /// Always, logged in or not.
    pub all: Option<GoesTo>,
    /// When all phones of the user are busy.
    pub busy: Option<GoesTo>,
    /// When nobody answers, or no phone can be reached.
    pub no_answer: Option<GoesTo>,
    /// How long it rings before that, in seconds.
    pub no_answer_s: u32,
    /// Whether a call meets a busy phone when it is in use.
    pub one_call_at_a_time: bool,
}

impl Forwarding {
    /// Where calls of a kind go on to.
    pub(super) fn to(&self, kind: ForwardKind) -> Option<&GoesTo> {
        match kind {
            ForwardKind::All => self.all.as_ref(),
            ForwardKind::Busy => self.busy.as_ref(),
            ForwardKind::NoAnswer => self.no_answer.as_ref(),
        }
    }

    /// Where calls go on to, each with its key in a site file.
    pub fn targets(&self) -> impl Iterator<Item = (&'static str, &GoesTo)> {
        let targets = [
            ("forward_all", &self.all),
            ("forward_busy", &self.busy),
            ("forward_no_answer", &self.no_answer),
        ];
        targets
            .into_iter()
            .filter_map(|(key, to)| Some((key, to.as_ref()?)))
    }

    /// Those that are numbers.
    pub fn numbers(&self) -> impl Iterator<Item = (&'static str, &Dn)> {
        self.targets().filter_map(|(key, to)| match to {
            GoesTo::Number(dn) => Some((key, dn)),
            GoesTo::Voicemail => None,
        })
    }
}

/// Where calls go on to by a profile. In a site it is one word: it, or the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum GoesTo {
    /// To the user's voicemail.
    Voicemail,
    /// To a number.
    Number(Dn),
}

/// How a site file says it.
const VOICEMAIL: &str = "voicemail";

impl From<&str> for GoesTo {
    fn from(text: &str) -> Self {
        match text {
            VOICEMAIL => GoesTo::Voicemail,
            number => GoesTo::Number(number.into()),
        }
    }
}

impl From<String> for GoesTo {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<GoesTo> for String {
    fn from(to: GoesTo) -> Self {
        to.as_str().to_owned()
    }
}

impl GoesTo {
    /// As a site file has it.
    pub fn as_str(&self) -> &str {
        match self {
            GoesTo::Voicemail => VOICEMAIL,
            GoesTo::Number(dn) => dn.as_str(),
        }
    }
}

impl Default for Forwarding {
    fn default() -> Self {
        Forwarding {
            all: None,
            busy: None,
            no_answer: None,
            no_answer_s: 20,
            one_call_at_a_time: false,
        }
    }
}

/// What a phone is while nobody is logged in. One may serve many phones (PRO-11).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogoutProfile {
    /// Its lines. Empty: the phone's own guest DN alone.
    pub lines: Vec<ProfileLine>,
    /// What anybody may do at the phone.
    pub class: ClassName,
    /// The name that others see when this phone calls.
    pub display_name: String,
    /// Numbers at the press of a button, in button order (PRO-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub speed_dials: Vec<SpeedDial>,
    /// Whether there is a button that hides calls on shared lines (PRO-6).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub privacy_button: bool,
    /// Whether there is a button that lets hunt calls pass by, or ring again (HG-2).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hunt_button: bool,
}

impl LogoutProfile {
    /// A profile without lines of its own.
    pub fn new(class: impl Into<ClassName>, display_name: impl Into<String>) -> LogoutProfile {
        LogoutProfile {
            lines: Vec::new(),
            class: class.into(),
            display_name: display_name.into(),
            speed_dials: Vec::new(),
            privacy_button: false,
            hunt_button: false,
        }
    }

    /// The features that are to have a button, in their order.
    pub fn features(&self) -> Vec<Feature> {
        wanted_features(self.privacy_button, self.hunt_button)
    }

    /// All numbers of its lines.
    pub fn numbers(&self) -> impl Iterator<Item = &Dn> {
        self.lines.iter().flat_map(|line| &line.numbers)
    }
}

/// What becomes of calls to a DN whose user is logged in nowhere (OUT-7).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbsentHandling {
    /// To the user's voicemail.
    #[default]
    Voicemail,
    /// To another number.
    Forward(Dn),
    /// Busy.
    Busy,
    /// Not reachable.
    Unreachable,
}
/// The features that a profile wants buttons for, in their order.
fn wanted_features(privacy: bool, hunt: bool) -> Vec<Feature> {
    let all = [(privacy, Feature::Privacy), (hunt, Feature::HuntLog)];
    let wanted = all.into_iter().filter(|(is_wanted, _)| *is_wanted);
    wanted.map(|(_, feature)| feature).collect()
}
