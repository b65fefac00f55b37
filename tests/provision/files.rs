//! Every file, for the phones of the demo site: while nobody is logged in, and as u2001. What they hold is in
//! `fixtures/provision`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use expect_test::expect_file;
use perch::pbx::{
    Answer, Door, Pbx, PhoneName, Query, Remembered, Seat, SessionId, Signal, Site, StoredSession,
    TotalLimit,
};
use perch::provision::{
    Asked, File, Index, Key, Library, Override, Templates, Urls, Wanted, Whereabouts,
};
use perch::site::{Hashing, parse};
use perch::time::{Now, UPTIME_AT_START, Utc};

const DEMO: &str = include_str!("../../fixtures/sites/demo.toml");

/// Names of files, and the phones of the demo that they are of; none for files that many phones share.
const FILES: [(&str, Option<&str>); 20] = [
    ("SEP001122334401.cnf.xml", Some("SEP001122334401")),
    ("SEP001122334402.cnf.xml", Some("SEP001122334402")),
    ("SEP001122334421.cnf.xml", Some("SEP001122334421")),
    ("SIP001122334422.cnf", Some("desk-22")),
    ("001122334423.cfg", Some("desk-23")),
    ("snomD785-001122334424.htm", Some("desk-24")),
    ("001122334425.cfg", Some("desk-25")),
    ("001122334425-perch.cfg", Some("desk-25")),
    ("cfg001122334426.xml", Some("desk-26")),
    ("001122334428.cfg", Some("desk-28")),
    ("t/token/linphone.xml", Some("desk-27")),
    ("XMLDefault.cnf.xml", None),
    ("dialplan.xml", None),
    ("softkeys.xml", None),
    ("RINGLIST.XML", None),
    ("SIPDefault.cnf", None),
    ("y000000000028.cfg", None),
    ("startup.cfg", None),
    ("CTLSEP001122334401.tlv", None),
    ("ITLFile.tlv", None),
];

fn demo(change: impl Fn(&str) -> String) -> Arc<Site> {
    let cheap = Hashing {
        memory_kib: 8,
        passes: 1,
    };
    let read = parse("demo.toml", &change(DEMO), None, &cheap);
    Arc::new(read.unwrap_or_else(|problems| panic!("{problems:?}")).site)
}

/// The demo, with the speed dials that it shows as an example, and a module.
fn site() -> Arc<Site> {
    demo(|text| {
        text.replace("# speed_dials", "speed_dials")
            .replace("# add_on_modules", "add_on_modules")
            .replace("# voicemail", "voicemail")
    })
}

/// A phone as the core says that it is, with u2001 there or nobody.
fn seat(site: &Arc<Site>, phone: &PhoneName, is_there: bool) -> Seat {
    let now = Now {
        uptime: UPTIME_AT_START,
        utc: Utc(1_700_000_000_000),
    };
    let session = StoredSession {
        session: SessionId(uuid::Uuid::from_u128(1)),
        user: "u2001".into(),
        phone: phone.clone(),
        profile: "clerk".into(),
        door: Door::Code,
        opened: now.utc,
        total: TotalLimit::default(),
        last_used: (now.utc, Signal::OffHook),
        leaving: None,
    };
    let remembered = Remembered {
        sessions: is_there.then_some(session).into_iter().collect(),
        ..Remembered::default()
    };
    let pbx = Pbx::new(now, [0; 32], Arc::clone(site), remembered);
    match pbx.ask(now, &Query::Seat(phone.clone())) {
        Answer::Seat(Some(seat)) => *seat,
        other => panic!("{phone} is a phone: {other:?}"),
    }
}

fn library(overrides: &[Override]) -> Library {
    let templates = Templates::new(overrides);
    let templates = templates.unwrap_or_else(|problems| panic!("{problems:?}"));
    Library::new(templates, Key::new(&[7; 32]))
}

fn server() -> Whereabouts {
    Whereabouts {
        host: "192.0.2.1".into(),
        url_host: "192.0.2.1".into(),
        sip: 5060,
        sips: 5061,
        sccp: 2000,
        files: 6970,
    }
}

fn find(site: &Site, name: &str) -> Option<Wanted> {
    let holder: PhoneName = "desk-27".into();
    Library::find(site, &Index::of(site), &Asked::read(name), Some(&holder))
}

/// A file as it is now, if there is one of that name.
fn made(library: &Library, site: &Arc<Site>, name: &str, is_there: bool) -> Option<String> {
    made_with(&Urls::default(), library, site, name, is_there)
}

fn made_with(
    urls: &Urls,
    library: &Library,
    site: &Arc<Site>,
    name: &str,
    is_there: bool,
) -> Option<String> {
    let made = match find(site, name)? {
        Wanted::Common(file) => library.common(file, site, &server(), urls),
        Wanted::Of(phone, file) => {
            let seat = seat(site, &phone, is_there);
            let phone = (&phone, &site.phones[phone.as_str()]);
            library.own(file, phone, site, &seat, &server(), urls)
        }
    };
    Some(made.unwrap_or_else(|problem| panic!("{problem}")))
}

#[test]
fn files_show_the_phone_as_it_is_now() {
    let site = site();
    let library = library(&[]);
    for (name, phone) in FILES {
        let nobody = made(&library, &site, name, false);
        let flat = name.replace('/', "-");
        let golden = |state: &str| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            root.join(format!("fixtures/provision/{flat}{state}"))
        };
        if name.ends_with(".tlv") {
            assert_eq!(nobody, None, "{name}");
            continue;
        }
        let nobody = nobody.unwrap_or_else(|| panic!("there is a file {name}"));
        expect_file![golden("")].assert_eq(&nobody);
        let alice = made(&library, &site, name, true).expect("it is there still");
        match phone {
            None => assert_eq!(alice, nobody),
            // It names another file, whoever is there; and the lines of SCCP phones come over SCCP.
            Some("desk-25") if !name.contains("perch") => assert_eq!(alice, nobody),
            Some("desk-27" | "SEP001122334401" | "SEP001122334402") => assert_eq!(alice, nobody),
            Some(_) => expect_file![golden(".u2001")].assert_eq(&alice),
        }
    }
}

/// rules: CAL-3, PRO-3
#[test]
fn lamps_and_shared_lines_stand_in_the_files_of_sip_phones() {
    let lamps = "lines = [\"2001\"]\nspeed_dials = [{ number = \"2002\", label = \"Bob\", blf = true }, \
         { number = \"*90\", label = \"Echo\" }]";
    let clerk = "[user_profile.clerk]\n";
    let site = demo(|text| text.replace(clerk, &format!("{clerk}{lamps}\n")));
    let library = library(&[]);
    let table: [(&str, &[&str]); 4] = [
        (
            "001122334423.cfg",
            &[
                "account.1.shared_line = 1\n",
                "linekey.3.type = 16\nlinekey.3.line = 1\nlinekey.3.value = 2002\n",
                "linekey.4.type = 13\nlinekey.4.line = 1\nlinekey.4.value = *90\n",
            ],
        ),
        (
            "snomD785-001122334424.htm",
            &[">blf sip:2002@192.0.2.1:5060</fkey>", ">speed *90</fkey>"],
        ),
        (
            "001122334425-perch.cfg",
            &[
                "reg.1.type=\"shared\"",
                "attendant.resourceList.1.address=\"2002\"\n attendant.resourceList.1.label=\"Bob\"\n \
                 attendant.resourceList.1.type=\"normal\"",
                "efk.efklist.2.action.string=\"*90$Tinvite$\"",
            ],
        ),
        (
            "SEP001122334421.cnf.xml",
            &[
                "<featureID>21</featureID>\n<featureLabel>Bob</featureLabel>\n<speedDialNumber>2002<",
                "<featureID>2</featureID>\n<featureLabel>Echo</featureLabel>\n<speedDialNumber>*90<",
            ],
        ),
    ];
    for (name, wanted) in table {
        let file = made(&library, &site, name, true).expect("it is there");
        for wanted in wanted {
            assert!(file.contains(wanted), "no {wanted} in {file}");
        }
    }
    // Nobody else has the phone's own number.
    let file = made(&library, &site, "001122334423.cfg", false).expect("it is there");
    assert!(file.contains("account.1.shared_line = 0\n"), "{file}");
}

#[test]
fn every_kind_of_file_has_been_seen() {
    let site = site();
    let mut seen: Vec<File> = FILES
        .iter()
        .filter_map(|(name, _)| match find(&site, name)? {
            Wanted::Common(file) | Wanted::Of(_, file) => Some(file),
        })
        .collect();
    seen.sort_unstable();
    seen.dedup();
    let mut all = File::ALL.to_vec();
    all.sort_unstable();
    assert_eq!(seen, all);
}

/// rules: HG-2, PRO-2
#[test]
fn the_key_for_hunt_groups_is_a_button_where_the_phone_has_it() {
    let wanted = |mode: &str| {
        demo(|text| {
            let site = format!("[site]\nhunt_group_logout = \"{mode}\"");
            let text = text.replacen("[site]", &site, 1);
            match mode {
                "HLog" => text.replace("# speed_dials", "hunt_button = true\nspeed_dials"),
                _ => text,
            }
        })
    };
    let library = library(&[]);
    let button = "<featureID>139</featureID>\n<featureLabel>HLog</featureLabel>";
    let file = |mode, name| made(&library, &wanted(mode), name, true).expect("it is there");
    let (cisco, other) = ("SEP001122334421.cnf.xml", "001122334423.cfg");
    assert!(
        file("HLog", cisco).contains(button),
        "{}",
        file("HLog", cisco)
    );
    assert!(!file("DND", cisco).contains("139"));
    assert!(!file("HLog", other).contains("HLog"));
}

#[test]
fn pages_stand_where_phones_look_for_them() {
    let site = site();
    let urls = Urls {
        services: Some("http://192.0.2.1/a?b=1&c=#DEVICENAME#".into()),
        authentication: Some("http://192.0.2.1/auth".into()),
        idle: Some("http://192.0.2.1/idle".into()),
        idle_s: 60,
        ..Urls::default()
    };
    let library = library(&[]);
    let services = "<servicesURL>http://192.0.2.1/a?b=1&amp;c=#DEVICENAME#</servicesURL>";
    for name in ["SEP001122334401.cnf.xml", "SEP001122334421.cnf.xml"] {
        let file = made_with(&urls, &library, &site, name, false).expect("it is there");
        assert!(file.contains(services), "{file}");
        let authentication = "<authenticationURL>http://192.0.2.1/auth</authenticationURL>";
        assert!(file.contains(authentication), "{file}");
        assert!(file.contains("<idleTimeout>60</idleTimeout>"), "{file}");
    }
}

#[test]
fn passwords_are_the_phones_own_and_generations_change_them() {
    let before = site();
    let library = library(&[]);
    let key = Key::new(&[7; 32]);
    let mut passwords = BTreeMap::new();
    for (name, phone) in FILES
        .iter()
        .filter_map(|(name, phone)| Some((*name, (*phone)?)))
    {
        let file = made(&library, &before, name, false).expect("it is there");
        let is_sip = before.phones[phone].provision.is_some();
        let password = key.password(&phone.into(), 1);
        let has_one = is_sip && name != "001122334425.cfg";
        assert_eq!(file.contains(password.as_str()), has_one, "{name}");
        passwords.insert(phone, password.to_string());
    }
    let different: std::collections::BTreeSet<_> = passwords.values().collect();
    assert_eq!(different.len(), passwords.len());
    let after = demo(|text| text.replace("# password_generation = 1", "password_generation = 2"));
    let file = made(&library, &after, "001122334423.cfg", false).expect("it is there");
    assert!(!file.contains(&passwords["desk-23"]));
    assert!(file.contains(key.password(&"desk-23".into(), 2).as_str()));
}

#[test]
fn no_name_of_a_person_breaks_a_file() {
    let nasty = r#"display_name = "A<b>&\"c\"\naccount.1.password = x\r\u0001</device>""#;
    let site = demo(|text| text.replace("display_name = \"Alice\"", nasty));
    let library = library(&[]);
    for (name, phone) in FILES {
        if phone.is_none() {
            continue;
        }
        let file = made(&library, &site, name, true).expect("it is there");
        let is_harmless = |line: &str| !line.starts_with("account.1.password = x");
        assert!(file.lines().all(is_harmless), "{file}");
        assert!(!file.contains('\r'), "{file}");
        if file.starts_with("<?xml") {
            assert!(file.matches("</device>").count() <= 1, "{file}");
            assert!(!file.contains("<b>"), "{file}");
        }
    }
}

#[test]
fn the_version_changes_with_the_file_and_with_nothing_else() {
    let site = site();
    let library = library(&[]);
    let version = |is_there| {
        let file = made(&library, &site, "SEP001122334421.cnf.xml", is_there);
        let file = file.expect("it is there");
        let (_, rest) = file.split_once("<versionStamp>").expect("it has one");
        rest.split_once('<').expect("it ends").0.to_owned()
    };
    assert_eq!(version(false), version(false));
    assert_ne!(version(false), version(true));
    assert_eq!(version(true).len(), 36);
}

#[test]
fn a_token_opens_the_files_of_its_phone_and_no_others() {
    let site = site();
    let index = Index::of(&site);
    let find = |name: &str, holder: Option<&str>| {
        let holder = holder.map(PhoneName::from);
        Library::find(&site, &index, &Asked::read(name), holder.as_ref())
    };
    let own = Some(Wanted::Of("desk-23".into(), File::Yealink));
    assert_eq!(find("001122334423.cfg", None), own);
    assert_eq!(find("t/x/001122334423.cfg", Some("desk-23")), own);
    assert_eq!(find("t/x/001122334423.cfg", Some("desk-24")), None);
    assert_eq!(find("t/x/001122334423.cfg", None), None);
    assert_eq!(find("t/x/linphone.xml", None), None);
    assert_eq!(find("t/x/linphone.xml", Some("desk-23")), None);
    // Another make's name for the same phone, and phones that nobody knows.
    for name in [
        "SEP001122334423.cnf.xml",
        "cfg001122334423.xml",
        "001122334401.cfg",
        "00112233ffff.cfg",
        "000000000000.cfg",
    ] {
        assert_eq!(find(name, None), None, "{name}");
    }
}

fn instead(name: &str, text: &str) -> Override {
    Override {
        name: name.into(),
        file: format!("/etc/perch/templates/{name}"),
        text: text.into(),
    }
}

#[test]
fn templates_of_ones_own_are_used_for_all_or_for_a_model() {
    let site = demo(|text| text.replace("\"yealink\"\nmac", "\"yealink/t46\"\nmac"));
    let library = library(&[
        instead(
            "yealink/t46/phone.cfg",
            "t46 {{ phone.name }} {% include 'yealink/_end.cfg' %}",
        ),
        instead("yealink/_end.cfg", "end"),
        instead(
            "snom/phone.xml",
            "<s>{% for line in lines %}{{ line.name }}{% endfor %}</s>",
        ),
    ]);
    let file = |name| made(&library, &site, name, false).expect("it is there");
    assert_eq!(file("001122334423.cfg"), "t46 desk-23 end");
    assert_eq!(file("snom-001122334424.htm"), "<s>Guest</s>");
    assert!(file("SEP001122334421.cnf.xml").contains("<sipLines>"));
}

#[test]
fn what_is_wrong_with_a_template_is_said_with_its_line() {
    let said = |name: &str, text: &str| {
        let problems = Templates::new(&[instead(name, text)]).expect_err("it is wrong");
        problems
            .iter()
            .map(|p| format!("{p}\n"))
            .collect::<String>()
    };
    expect_test::expect![[r#"
        /etc/perch/templates/yealink/phone.cfg:2: syntax error: unexpected end of input, expected end of block. Look at the braces and words here and just before
        /etc/perch/templates/yealink/phone.cfg:3: undefined value. Ask for it with {% if … %} where it may be missing; docs/phone-files.md says which names there are
        /etc/perch/templates/yealink/phone.cfg:2: undefined value. Ask for it with {% if … %} where it may be missing; docs/phone-files.md says which names there are
        /etc/perch/templates/yealink/phone.cfg:1: undefined value: a value that is not there for every phone is used. Ask for it with {% if … %} where it may be missing; docs/phone-files.md says which names there are
        /etc/perch/templates/yealink/t46/phone.cfg:1: unknown filter: filter nosuch is unknown. docs/phone-files.md says which names a template may use
        /etc/perch/templates/yealink/phone.cfg:1: template not found: tried to include non-existing template 'yealink/_none.cfg'. docs/phone-files.md says which names a template may use
        /etc/perch/templates/yealink/fone.cfg: no phone asks for such a file. Name it like the one that it takes the place of, or begin its name with _ if others include it
        /etc/perch/templates/yeahlink/phone.cfg: no phone asks for such a file. Name it like the one that it takes the place of, or begin its name with _ if others include it
        /etc/perch/templates/phone.cfg: no phone asks for such a file. Name it like the one that it takes the place of, or begin its name with _ if others include it
    "#]].assert_eq(
        &[
            said("yealink/phone.cfg", "a\n{% if user %}\n"),
            said("yealink/phone.cfg", "a\n\n{{ phone.nmae }}\n"),
            said("yealink/phone.cfg", "a\n{{ user.name }}\n"),
            said("yealink/phone.cfg", "{{ voicemail }}\n"),
            said("yealink/t46/phone.cfg", "{{ phone.name | nosuch }}\n"),
            said("yealink/phone.cfg", "{% include 'yealink/_none.cfg' %}\n"),
            said("yealink/fone.cfg", "a"),
            said("yeahlink/phone.cfg", "a"),
            said("phone.cfg", "a"),
        ]
        .concat(),
    );
}
