//! Models of phones, whoever made them: what each has, and how it is told things. A table that is a file
//! (`models.toml`), which a site extends.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::names::ModelName;
use super::site::{Phone, Site};

/// A model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneModel {
    /// What it is called.
    pub name: ModelName,
    /// Whose it is.
    pub maker: String,
    /// What it can speak.
    pub protocols: Vec<Protocol>,
    /// What it calls itself when it registers over SCCP.
    #[serde(default)]
    pub device_types: Vec<u32>,
    /// How what it calls itself over SIP begins, in lower case.
    #[serde(default)]
    pub user_agents: Vec<String>,
    /// How many buttons can be made lines, speed dials or feature buttons.
    pub buttons: u8,
    /// How many of them can be lines, without modules.
    pub lines: u8,
    /// Keys with a fixed meaning, in the template behind the others.
    #[serde(default)]
    pub fixed: Vec<FixedKey>,
    /// Whether the file that it fetches makes one of its buttons log in and out.
    #[serde(default)]
    pub login_key: bool,
    /// Whether its users leave by the key that ends calls, held while there is none (OUT-6).
    #[serde(default)]
    pub end_key_leaves: bool,
    /// Whether it has a display that texts can be shown on.
    pub display: bool,
    /// Whether it has a browser, and so knows what it is to do with XML.
    pub browser: bool,
    /// Add-on modules that fit it.
    #[serde(default)]
    pub modules: Vec<ModelName>,
    /// How many of them at once.
    #[serde(default)]
    pub most_modules: u8,
    /// How pages are written for it, unless what it asks with says that it is one of Cisco's.
    #[serde(default)]
    pub pages: PageDialect,
    /// Whether whoever logs out by its pages enters their PIN (OUT-6).
    #[serde(default)]
    pub logout_asks_pin: bool,
    /// How it takes another profile.
    pub swap: Swap,
    /// Why so.
    pub why: String,
    /// The newest version of SCCP that it is held to.
    pub newest_version: u8,
    /// Whether it has asked all that it wants to know when it says how many lines it has found. Others ask for the time
    /// last.
    #[serde(default)]
    pub ends_with_lines: bool,
}

/// What a phone speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// SIP.
    Sip,
    /// SCCP.
    Sccp,
}

impl Protocol {
    /// As people write it.
    pub fn word(self) -> &'static str {
        match self {
            Protocol::Sip => "SIP",
            Protocol::Sccp => "SCCP",
        }
    }
}

/// A key with a fixed meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixedKey {
    /// Holds a call.
    Hold,
    /// Hands it on.
    Transfer,
    /// What the display shows.
    Display,
    /// The voicemail.
    Voicemail,
    /// Takes somebody else in.
    Conference,
    /// Sends all calls on.
    ForwardAll,
    /// Dials what was dialled last.
    Redial,
    /// Lets a call wait for whoever fetches it.
    Park,
}

impl FixedKey {
    /// All of them, each with its word.
    pub const ALL: [(&'static str, FixedKey); 8] = [
        ("hold", FixedKey::Hold),
        ("transfer", FixedKey::Transfer),
        ("display", FixedKey::Display),
        ("voicemail", FixedKey::Voicemail),
        ("conference", FixedKey::Conference),
        ("forward-all", FixedKey::ForwardAll),
        ("redial", FixedKey::Redial),
        ("park", FixedKey::Park),
    ];

    /// The word for it in files.
    pub fn word(self) -> &'static str {
        let mut all = FixedKey::ALL.iter();
        all.find(|(_, key)| *key == self)
            .map_or("", |(word, _)| word)
    }
}

/// How a phone takes another profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Swap {
    /// At once: lines, speed dials and a new button template, none of them asked for.
    Template,
    /// At once, as long as its buttons stay of the same kind; else it registers anew.
    Lines,
    /// It registers anew.
    Restart,
}

impl Swap {
    /// The word for it in settings and records.
    pub fn word(self) -> &'static str {
        match self {
            Swap::Template => "template",
            Swap::Lines => "lines",
            Swap::Restart => "restart",
        }
    }

    /// What a word stands for.
    pub fn from_word(word: &str) -> Option<Swap> {
        let all = [Swap::Template, Swap::Lines, Swap::Restart];
        all.into_iter().find(|swap| swap.word() == word)
    }
}

/// How pages are written for a phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageDialect {
    /// As Cisco's phones read them.
    #[default]
    Cisco,
    /// As Mitel's phones read them, with keys of a page's own.
    Mitel,
    /// The same where a page has no keys of its own, and a form one field at a time.
    MitelPlain,
}

impl PageDialect {
    /// All of them, each with its word.
    pub const ALL: [(&'static str, PageDialect); 3] = [
        ("cisco", PageDialect::Cisco),
        ("mitel", PageDialect::Mitel),
        ("mitel-plain", PageDialect::MitelPlain),
    ];

    /// The word for it in files.
    pub fn word(self) -> &'static str {
        let mut all = PageDialect::ALL.iter();
        all.find(|(_, dialect)| *dialect == self)
            .map_or("", |(word, _)| word)
    }

    /// What a word stands for.
    pub fn from_word(word: &str) -> Option<PageDialect> {
        let mut all = PageDialect::ALL.iter();
        all.find(|(known, _)| *known == word)
            .map(|(_, dialect)| *dialect)
    }
}

/// Who makes phones.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maker {
    /// What they are called.
    #[serde(default)]
    pub name: String,
    /// How what their phones call themselves over SIP begins, in lower case.
    #[serde(default)]
    pub user_agents: Vec<String>,
    /// How their phones are told to renew themselves over SIP; none if they do not know how.
    pub renewal: Option<RenewalWords>,
    /// How their phones are told what is for their browsers, over SIP; none if they have none.
    pub orders: Option<Orders>,
}

/// How a phone that speaks SIP is told what is for its browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orders {
    /// By a REFER.
    ByRefer,
    /// At its web server.
    AtItsWebServer,
}

/// In which words phones are told to renew themselves.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenewalWords {
    /// If they are orders in a body: the event that comes with it. None: each is an event.
    pub event: Option<String>,
    /// To read its file.
    pub read: String,
    /// To start anew.
    pub restart: String,
    /// To start from the beginning.
    pub reset: String,
}

/// Models, modules and makers.
#[derive(Debug)]
pub struct Models {
    all: Vec<Arc<PhoneModel>>,
    modules: Vec<(ModelName, u8)>,
    makers: Vec<Maker>,
}

/// Of a phone of which nobody knows more than that it speaks SIP.
const ANY_SIP: &str = "softphone";

impl Models {
    /// Those that Perch knows.
    pub fn known() -> &'static Models {
        static KNOWN: OnceLock<Models> = OnceLock::new();
        KNOWN.get_or_init(|| {
            Models::read(include_str!("models.toml")).expect("a test reads the same table")
        })
    }

    fn read(text: &str) -> Result<Models, toml::de::Error> {
        let file: Table = toml::from_str(text)?;
        let rows = |key: &str| {
            file.get(key)
                .and_then(Value::as_table)
                .into_iter()
                .flatten()
        };
        let models = rows("model").map(|(name, _)| {
            let mut row = whole_row(&file, name, MOST_LIKENESSES);
            row.insert("name".into(), name.as_str().into());
            Ok(Arc::new(row.try_into()?))
        });
        let modules = rows("module").filter_map(|(name, row)| {
            let buttons = row.get("buttons")?.as_integer()?;
            Some((name.as_str().into(), u8::try_from(buttons).ok()?))
        });
        let makers = rows("maker").map(|(name, row)| {
            let maker: Maker = row.clone().try_into()?;
            let name = name.clone();
            Ok(Maker { name, ..maker })
        });
        Ok(Models {
            modules: modules.collect(),
            makers: makers.collect::<Result<_, _>>()?,
            all: models.collect::<Result<_, _>>()?,
        })
    }

    /// All of them, in the order of the table.
    pub fn all(&self) -> impl Iterator<Item = &Arc<PhoneModel>> {
        self.all.iter()
    }

    /// The model of that name, however it is written.
    pub fn named(&self, name: &str) -> Option<&Arc<PhoneModel>> {
        let is_it = |model: &&Arc<PhoneModel>| model.name.as_str().eq_ignore_ascii_case(name);
        self.all().find(is_it)
    }

    /// Modules, and how many buttons each has.
    pub fn modules(&self) -> &[(ModelName, u8)] {
        &self.modules
    }

    /// How many buttons a module has; none, if nobody knows it.
    pub fn buttons_of(&self, module: &str) -> u8 {
        let mut modules = self.modules.iter();
        let known = modules.find(|(name, _)| name.as_str() == module);
        known.map_or(0, |(_, buttons)| *buttons)
    }

    /// Whoever is called so.
    pub fn maker(&self, name: &str) -> Option<&Maker> {
        self.makers.iter().find(|maker| maker.name == name)
    }

    /// Everybody who makes phones.
    pub fn makers(&self) -> &[Maker] {
        &self.makers
    }
}

/// So many rows may be like each other in a chain.
const MOST_LIKENESSES: usize = 8;

/// A row with all that it does not say itself.
fn whole_row(file: &Table, name: &str, deeper: usize) -> Table {
    let row = ["model", "preset"].into_iter().find_map(|kind| {
        let rows = file.get(kind)?.as_table()?;
        rows.get(name)?.as_table()
    });
    let mut own = row.cloned().unwrap_or_default();
    let like = own.remove("like");
    let like = like.as_ref().and_then(Value::as_str);
    let Some(like) = like.filter(|_| deeper > 0) else {
        return own;
    };
    let mut whole = whole_row(file, like, deeper - 1);
    for (key, value) in own {
        whole.insert(key, value);
    }
    whole
}

impl PhoneModel {
    /// Whether it can speak that.
    pub fn speaks(&self, protocol: Protocol) -> bool {
        self.protocols.contains(&protocol)
    }

    /// Whether its firmware for SIP has Cisco's key for hunt groups, which the file that it fetches may set on a button.
    pub fn has_hunt_key(&self) -> bool {
        let maker = Models::known().maker(&self.maker);
        maker.is_some_and(|maker| maker.orders == Some(Orders::ByRefer))
    }
}

impl Site {
    /// The model of that name: one of the site's own, or one that Perch knows.
    pub fn model(&self, name: &str) -> Option<&Arc<PhoneModel>> {
        let own = self.phone_models.get(name);
        own.or_else(|| Models::known().named(name))
    }

    /// All models: those of the site, and those that Perch knows and the site says nothing of.
    pub fn models(&self) -> impl Iterator<Item = &Arc<PhoneModel>> {
        let is_other =
            |model: &&Arc<PhoneModel>| !self.phone_models.contains_key(model.name.as_str());
        let known = Models::known().all().filter(is_other);
        self.phone_models.values().chain(known)
    }

    /// The model that calls itself so over SCCP.
    pub fn model_of_type(&self, device_type: u32) -> Option<&Arc<PhoneModel>> {
        self.models()
            .find(|model| model.device_types.contains(&device_type))
    }

    /// The model that calls itself so over SIP: by whichever beginning says most.
    pub fn model_of_agent(&self, user_agent: &str) -> Option<&Arc<PhoneModel>> {
        let user_agent = user_agent.to_ascii_lowercase();
        let agents = self.models().flat_map(|model| {
            let agents = model.user_agents.iter();
            agents.map(move |agent| (agent, model))
        });
        let fits = agents.filter(|(agent, _)| user_agent.starts_with(agent.as_str()));
        let (_, model) = fits.max_by_key(|(agent, _)| agent.len())?;
        Some(model)
    }

    /// What a phone that calls itself so counts as for its pages: its model, or else any of its maker's.
    pub fn page_model(&self, user_agent: &str) -> Option<&Arc<PhoneModel>> {
        let of_maker = || self.model(&self.maker_of_agent(user_agent)?.name);
        self.model_of_agent(user_agent).or_else(of_maker)
    }

    /// Who made a phone that calls itself so over SIP: by whichever beginning says most.
    pub fn maker_of_agent(&self, user_agent: &str) -> Option<&'static Maker> {
        let name = user_agent.to_ascii_lowercase();
        let models = self.models().flat_map(|model| {
            let agents = model.user_agents.iter();
            agents.map(|agent| (agent, model.maker.as_str()))
        });
        let makers = Models::known().makers().iter().flat_map(|maker| {
            let agents = maker.user_agents.iter();
            agents.map(|agent| (agent, maker.name.as_str()))
        });
        let fits = models
            .chain(makers)
            .filter(|(agent, _)| name.starts_with(agent.as_str()));
        let (_, maker) = fits.max_by_key(|(agent, _)| agent.len())?;
        Models::known().maker(maker)
    }

    /// What a phone is, as far as the site says: its model, or whichever says least of its make.
    pub fn model_of(&self, phone: Option<&Phone>) -> Arc<PhoneModel> {
        let hardware = phone.and_then(|phone| phone.hardware.as_deref());
        let provision = phone.and_then(|phone| phone.provision.as_deref());
        let named = match (hardware, provision) {
            (Some(hardware), _) => self.model(hardware.model.as_str()),
            (None, Some(provision)) => provision
                .model
                .as_ref()
                .and_then(|model| self.model(model.as_str()))
                .filter(|model| model.speaks(Protocol::Sip))
                .or_else(|| self.model(provision.vendor.word())),
            (None, None) => None,
        };
        let any = || Models::known().named(ANY_SIP);
        let model = named.or_else(any).expect("the table has a softphone");
        Arc::clone(model)
    }
}

impl Phone {
    /// What it speaks here: whatever has a model of hardware speaks SCCP.
    pub fn protocol(&self) -> Protocol {
        match self.hardware {
            Some(_) => Protocol::Sccp,
            None => Protocol::Sip,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_models_have_a_name_or_a_type_in_common() {
        let models = Models::read(include_str!("models.toml")).expect("it is right");
        let names: BTreeSet<String> = models
            .all()
            .map(|model| model.name.as_str().to_ascii_lowercase())
            .collect();
        assert_eq!(names.len(), models.all().count());
        let types = || models.all().flat_map(|model| &model.device_types);
        let different: BTreeSet<&u32> = types().collect();
        assert_eq!(different.len(), types().count());
        let site = Site::default();
        let name = |device_type| site.model_of_type(device_type).map(|m| m.name.as_str());
        assert_eq!(name(7), Some("7960"));
        assert_eq!(name(4242), None);
        for model in models.all() {
            let name = &model.name;
            assert!(model.lines >= 1 && model.lines <= model.buttons, "{name}");
            assert!(models.maker(&model.maker).is_some(), "{name}");
            let is_sccp = model.speaks(Protocol::Sccp);
            assert_eq!(is_sccp, !model.device_types.is_empty(), "{name}");
            let fits = |module: &ModelName| models.buttons_of(module.as_str()) > 0;
            assert!(model.modules.iter().all(fits), "{name}");
            assert_eq!(model.modules.is_empty(), model.most_modules == 0, "{name}");
        }
    }

    #[test]
    fn every_row_of_the_table_is_like_one_that_there_is() {
        let file: Table = toml::from_str(include_str!("models.toml")).expect("it is TOML");
        let kinds: Vec<&str> = file.keys().map(String::as_str).collect();
        assert_eq!(kinds, ["maker", "module", "preset", "model"]);
        let rows = |kind: &str| file[kind].as_table().expect("rows").clone();
        let (presets, models) = (rows("preset"), rows("model"));
        for (name, row) in presets.iter().chain(&models) {
            let like = row.get("like").and_then(Value::as_str);
            let is_there = |like| presets.contains_key(like) || models.contains_key(like);
            assert!(like.is_none_or(is_there), "{name}");
            assert!(like.is_some() || name == "new" || name == "sip", "{name}");
        }
    }

    #[test]
    fn words_stand_for_what_they_say() {
        for swap in [Swap::Template, Swap::Lines, Swap::Restart] {
            assert_eq!(Swap::from_word(swap.word()), Some(swap));
        }
        assert_eq!(Swap::from_word("reboot"), None);
        for (word, key) in FixedKey::ALL {
            assert_eq!(key.word(), word);
        }
        for (word, dialect) in PageDialect::ALL {
            assert_eq!(dialect.word(), word);
            assert_eq!(PageDialect::from_word(word), Some(dialect));
        }
    }

    #[test]
    fn who_made_a_phone_is_what_it_calls_itself() {
        let site = Site::default();
        for (user_agent, maker) in [
            ("Yealink SIP-T46S 66.86.0.15", Some("yealink")),
            ("snomD785/10.1.169.16", Some("snom")),
            ("PolycomVVX-VVX_411-UA/5.9.5.0614", Some("poly")),
            ("PolyEdge-Edge_E350-UA/8.2.0", Some("poly")),
            ("Grandstream GXP2170 1.0.11.3", Some("grandstream")),
            ("Cisco/SPA504G-7.6.2", Some("cisco-open")),
            ("Linksys/SPA942-6.1.5", Some("cisco-open")),
            ("Cisco-CP-8841-3PCC/12.0.1", Some("cisco-open")),
            ("Cisco-CP8861/12.8.1", Some("cisco")),
            ("Cisco-CP9971/9.4.2", Some("cisco")),
            ("Cisco-CP7960G/8.0", Some("cisco-text")),
            ("CSCO/7", Some("cisco-text")),
            ("Mitel 6867i/5.1.0.1024", Some("mitel")),
            ("Aastra 57i/2.3.1.26", Some("mitel")),
            ("Mitel SIP-DECT (SW-Version=7.1-CK14)", Some("sip-dect")),
            ("baresip v1.0.0 (x86_64/Linux)", None),
            ("Linphone/4.4.0", None),
        ] {
            let made = site.maker_of_agent(user_agent);
            assert_eq!(made.map(|m| m.name.as_str()), maker, "{user_agent}");
        }
    }

    #[test]
    fn pages_are_written_as_a_phone_reads_them_by_whatever_it_calls_itself() {
        let site = Site::default();
        for (user_agent, pages, asks_pin) in [
            (
                "Mitel SIP-DECT (SW-Version=7.1-CK14)",
                PageDialect::MitelPlain,
                true,
            ),
            ("Mitel 6867i/5.1.0.1024", PageDialect::Mitel, false),
            (
                "Aastra6867i MAC:00-08-5D-19-94-B7 V:4.1.0.128-SIP",
                PageDialect::Mitel,
                false,
            ),
            ("Mitel 6863i/5.1.0.1024", PageDialect::MitelPlain, false),
            (
                "Aastra57i MAC:00-08-5D-19-94-B7 V:2.3.1.26-SIP",
                PageDialect::MitelPlain,
                false,
            ),
            ("Cisco-CP8861/12.8.1", PageDialect::Cisco, false),
        ] {
            let model = site.page_model(user_agent).expect("somebody makes it");
            let found = (model.pages, model.logout_asks_pin);
            assert_eq!(found, (pages, asks_pin), "{user_agent}");
        }
        assert!(site.page_model("Allegro-Software-WebClient/4.34").is_none());
    }
}
