//! The same pages as Mitel's phones show them: handsets of SIP-DECT, whose menu asks for a PIN before its user leaves, and
//! phones on desks.

use std::net::{IpAddr, Ipv4Addr};

use expect_test::expect_file;
use perch::pbx::Vendor;

use crate::built_server::wait_until;
use crate::desk::there;
use crate::mitel_browser::{MitelBrowser, MitelPage};
use crate::office::{OLD, Office, PHONES, at};
use crate::phone::Phone;
use crate::phone_browser::Browser;
use crate::support::live_phone::{LivePhone, PATIENCE, some_host};
use crate::support::phone::{CallState, Order};

/// What the manager of handsets calls itself when they register; what asks for their pages says nothing.
const OMM: &str = "Mitel SIP-DECT (SW-Version=7.1-CK14)";
const NOBODY: &str = "curl/8.5";

/// A phone with softkeys and one without, as they ask for pages.
const WITH_KEYS: &str = "Mitel6867i MAC:00-08-5D-19-94-B7 V:5.1.0.1024-SIP";
const WITHOUT: &str = "Aastra6863i MAC:00-08-5D-19-94-B8 V:4.1.0.128-SIP";

/// Where files are, without the offset.
const FILES: u16 = 6970;

/// Where a manager is that has more than one handset.
const MANAGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 7);

const HANDSETS: &str = r#"
[phone.handset-701]
logout_profile = "guest"
guest_dn = "9071"
password = "handset-701-secret"
[phone.handset-702]
logout_profile = "guest"
guest_dn = "9072"
password = "handset-702-secret"
"#;

/// A handset that is registered, and its browser.
struct Handset {
    phone: LivePhone,
    browser: MitelBrowser,
}

impl Handset {
    fn of(office: &Office, name: &str, tone: u32) -> Handset {
        let (host, password) = (some_host(), format!("{name}-secret"));
        let account = (name, password.as_str(), None);
        let phone = LivePhone::sip_that_is(OMM, (host, office.server.sip()), account, tone);
        phone.registers();
        let browser = MitelBrowser::at((host, office.pages()), name, NOBODY, false);
        Handset { phone, browser }
    }

    /// User first, then PIN: one at a time.
    fn bob_logs_in(&self) -> MitelPage {
        let user = self.browser.choose(&self.browser.menu(), "Log in");
        assert_eq!(user.shown(), "[Extension Mobility] User ID=string");
        let pin = self.browser.enter(&user, &["bob"]);
        assert_eq!(pin.shown(), "[Extension Mobility] PIN=number, hidden");
        let done = self.browser.enter(&pin, &["2222"]);
        assert_eq!(done.shown(), "[Extension Mobility] Login successful.");
        done
    }

    fn leaves_by(&self, pin: &str) -> MitelPage {
        let asked = self.browser.choose(&self.browser.menu(), "Log out");
        assert_eq!(asked.shown(), "[Log out] PIN=number, hidden");
        self.browser.enter(&asked, &[pin])
    }

    fn is_here(&self, user: &str) -> Vec<(String, String)> {
        vec![there(user, &self.phone.name)]
    }
}

/// rules: OUT-6, SES-1, SES-8
#[test]
fn at_a_sip_dect_handset_the_menu_logs_out_by_the_pin() {
    let office = Office::with("", HANDSETS);
    let handset = Handset::of(&office, "handset-701", 440);
    let menu = handset.browser.menu();
    assert_eq!(menu.shown(), "[Services] *Log in *Who is here");
    let done = handset.bob_logs_in();
    assert_eq!(done.object.attribute("Timeout"), Some("3"), "it goes away");
    assert_eq!(office.who(), handset.is_here("bob"));
    let menu = handset.browser.menu();
    assert_eq!(
        menu.shown(),
        "[Services] *Log out *Who is here *Speed dials"
    );
    let refused = handset.leaves_by("2223");
    let why = "[Extension Mobility] Wrong PIN. Please try again (201)";
    assert_eq!(refused.shown(), why);
    let blank = handset.leaves_by("");
    assert_eq!(blank.shown(), why.replace("201", "202"));
    assert_eq!(office.who(), handset.is_here("bob"));
    let done = handset.leaves_by("2222");
    assert_eq!(done.shown(), "[Extension Mobility] Logout successful.");
    assert_eq!(office.who(), []);
    let nobody = format!(
        "/emapp/EMAppServlet?device={}&doLogout=true",
        handset.phone.name
    );
    let refused = handset.browser.go(&nobody);
    assert!(refused.shown().ends_with("Logout is unavailable (19)"));
    assert_eq!(handset.phone.wrong(), Vec::<String>::new());
}

/// Leaving is no way to find out a PIN: whoever is locked is told nothing else, whatever they enter.
///
/// rules: OUT-6, SES-8
#[test]
fn wrong_pins_for_leaving_lock_as_those_for_logging_in() {
    let office = Office::with("", HANDSETS);
    let handset = Handset::of(&office, "handset-701", 440);
    handset.bob_logs_in();
    assert!(handset.leaves_by("").shown().contains("Wrong PIN"));
    let wrong = ["0000", "1111", "3333", "4444", "5555"].map(|pin| handset.leaves_by(pin));
    let locked = handset.leaves_by("2222");
    for refused in &wrong {
        assert_eq!(refused.answer.body, locked.answer.body);
    }
    assert_eq!(office.who(), handset.is_here("bob"));
    let elsewhere = office.browser(0, OLD);
    let form = elsewhere.open();
    let refused = elsewhere.submit(&form, &[("User ID", "bob"), ("PIN", "2222")]);
    assert!(refused.shown().contains("(201)"), "{}", refused.shown());
    office.server.tell(&["unlock", "bob"]);
    assert!(
        handset
            .leaves_by("2222")
            .shown()
            .contains("Logout successful.")
    );
    assert_eq!(office.who(), []);
}

/// rules: OUT-2, OUT-6
#[test]
fn a_handset_in_a_call_leaves_by_its_pin_when_the_call_is_over() {
    let office = Office::with("", HANDSETS);
    let handset = Handset::of(&office, "handset-701", 440);
    let other = Handset::of(&office, "handset-702", 700);
    handset.bob_logs_in();
    handset.phone.order(&Order::Dial("9072".into()));
    other.phone.has_calls(&[CallState::Ringing]);
    other.phone.order(&Order::Answer);
    handset.phone.has_calls(&[CallState::Talking]);
    assert!(handset.leaves_by("9999").shown().contains("Wrong PIN"));
    let waits = handset.leaves_by("2222");
    assert!(
        waits.shown().contains("when the call ends"),
        "{}",
        waits.shown()
    );
    assert_eq!(office.who(), handset.is_here("bob"));
    let menu = handset.browser.menu();
    assert_eq!(
        menu.shown(),
        "[Services] *Stay *Log out *Who is here *Speed dials"
    );
    let stays = handset.browser.choose(&menu, "Stay");
    assert!(
        stays.shown().contains("You stay logged in."),
        "{}",
        stays.shown()
    );
    assert!(!handset.browser.menu().shown().contains("*Stay"));
    handset.leaves_by("2222");
    handset.phone.has_calls(&[CallState::Talking]);
    handset.phone.order(&Order::HangUp);
    wait_until("the call is over, and so is bob", PATIENCE, || {
        office.who().is_empty()
    });
}

/// A PIN was asked of whoever was there. Who has come since is not logged out by it, and no try of theirs is used up.
///
/// rules: OUT-6, SES-3
#[test]
fn a_pin_is_of_whoever_was_asked() {
    let office = Office::with("", HANDSETS);
    let handset = Handset::of(&office, "handset-701", 440);
    handset.bob_logs_in();
    let asked = handset.browser.choose(&handset.browser.menu(), "Log out");
    let who = handset
        .browser
        .choose(&handset.browser.menu(), "Who is here");
    let user = handset.browser.choose(&who, "Other");
    let pin = handset.browser.enter(&user, &["alice"]);
    let profiles = handset.browser.enter(&pin, &["1111"]);
    assert_eq!(profiles.shown(), "[Choose a profile] *clerk *chief");
    handset.browser.choose(&profiles, "clerk");
    assert_eq!(office.who(), handset.is_here("alice"));
    let again = handset.browser.enter(&asked, &["2222"]);
    assert_eq!(again.shown(), "[Log out] PIN=number, hidden");
    assert_eq!(office.who(), handset.is_here("alice"));
    let locks = office.server.json(&["locks"]).to_string();
    assert!(!locks.contains("alice"), "{locks}");
    let done = handset.browser.enter(&again, &["1111"]);
    assert!(
        done.shown().contains("Logout successful."),
        "{}",
        done.shown()
    );
}

/// rules: SES-1, SES-3, SES-9
#[test]
fn a_desk_phone_of_mitels_has_whole_forms_and_keys() {
    let office = Office::open();
    let site = (IpAddr::from([127, 0, 0, 2]), office.pages());
    let phone = MitelBrowser::at(site, PHONES[0], WITH_KEYS, true);
    let form = phone.choose(&phone.menu(), "Log in");
    assert_eq!(
        form.shown(),
        "[Extension Mobility] User ID=string PIN=number, hidden"
    );
    let wrong = phone.enter(&form, &["bob", "1"]);
    assert!(wrong.shown().ends_with("Please try to login again (201)"));
    phone.enter(&form, &["bob", "2222"]);
    assert_eq!(office.who(), [at("bob", 0)]);
    let question = phone.choose(&phone.menu(), "Log out");
    assert_eq!(
        question.shown(),
        "[Logged in here] bob is logged in at this phone.  Do you want to log out? \
         1:Yes 2:No 3:Other 4:More"
    );
    phone.press(&question, "Yes");
    assert_eq!(office.who(), []);
}

/// rules: SES-3, SES-9, PRO-7
#[test]
fn a_desk_phone_without_keys_chooses_what_others_press() {
    let office = Office::open();
    let site = (IpAddr::from([127, 0, 0, 2]), office.pages());
    let phone = MitelBrowser::at(site, PHONES[0], WITHOUT, false);
    let user = phone.choose(&phone.menu(), "Log in");
    let pin = phone.enter(&user, &["bob"]);
    phone.enter(&pin, &["2222"]);
    let dials = phone.choose(&phone.menu(), "Speed dials");
    let number = phone.choose(&dials, "New speed dial");
    let label = phone.enter(&number, &["2001"]);
    let dials = phone.enter(&label, &["Alice & Co"]);
    assert_eq!(
        dials.shown(),
        "[Speed dials] *Alice & Co: 2001 *New speed dial"
    );
    let number = phone.choose(&dials, "Alice & Co: 2001");
    let dials = phone.enter(&number, &[""]);
    assert_eq!(dials.shown(), "[Speed dials] *New speed dial");
    let question = phone.choose(&phone.menu(), "Log out");
    assert_eq!(
        question.shown(),
        "[Logged in here] bob is logged in at this phone. Do you want to log out? *Yes *Other *More"
    );
    assert_eq!(question.object.attribute("defaultIndex"), Some("3"));
    phone.choose(&question, "Yes");
    assert_eq!(office.who(), []);
}

/// What a file says behind a key.
fn value<'a>(file: &'a str, key: &str) -> &'a str {
    let mut lines = file.lines();
    let found = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    let found = found.unwrap_or_else(|| panic!("no {key} in {file}"));
    found.trim_matches('"')
}

/// What it calls itself does not tell: the site says whose it is.
///
/// rules: OUT-6, SES-1, PRO-3
#[test]
fn a_desk_phone_of_mitels_starts_and_becomes_somebodys() {
    let more = "[phone.desk-31]\nlogout_profile = \"guest\"\nguest_dn = \"9031\"\n\
                provision = \"mitel/6867\"\nmac = \"00:08:5d:19:94:b7\"\n";
    let office = Office::with("", more);
    let host = some_host();
    let page = MitelBrowser::at((host, office.pages()), "desk-31", NOBODY, true);
    let refused = page.menu();
    assert!(refused.shown().ends_with("(28)"), "{}", refused.shown());
    let files = office.server.at(Ipv4Addr::LOCALHOST.into(), FILES);
    let files = Browser::at(host, files, "desk-31", "");
    for common in ["/startup.cfg", "/aastra.cfg"] {
        let common = files.get(common).text_bytes();
        assert_eq!(value(&common, "download protocol"), "HTTP");
    }
    let read = || files.get("/00085D1994B7.cfg").text_bytes();
    let file = read();
    assert_eq!(value(&file, "topsoftkey1 label"), "Log in");
    let (name, password) = (
        value(&file, "sip line1 auth name"),
        value(&file, "sip line1 password"),
    );
    let account = (name, password, Some(Vendor::Mitel));
    let phone = LivePhone::sip_that_is(NOBODY, (host, office.server.sip()), account, 440);
    phone.registers();
    let form = page.go(value(&file, "xml application URI"));
    page.enter(&form, &["bob", "2222"]);
    assert_eq!(office.who(), [there("bob", "desk-31")]);
    phone.sees("is told: check-sync");
    let his = read();
    assert_eq!(value(&his, "sip line1 display name"), "Bob");
    assert_eq!(value(&his, "topsoftkey1 label"), "Log out");
    let question = page.go(value(&his, "xml application URI"));
    page.press(&question, "Yes");
    phone.sees("is told: check-sync");
    assert_eq!(read(), file, "it is what it was");
    assert_eq!(phone.wrong(), Vec::<String>::new());
}

/// Every handset is where its manager is; which one it is says the address, and from elsewhere nobody is believed.
///
/// rules: SES-8
#[test]
fn handsets_are_known_by_their_names_where_their_manager_is() {
    let office = Office::with("", HANDSETS);
    let handsets = ["handset-701", "handset-702"].map(|name| {
        let mut phone = Phone::at(MANAGER, name.to_owned(), office.server.sip());
        assert_eq!(phone.register(), Ok(200), "{name}");
        MitelBrowser::at((MANAGER.into(), office.pages()), name, OMM, false)
    });
    let [one, other] = &handsets;
    let user = one.choose(&one.menu(), "Log in");
    let pin = one.enter(&user, &["bob"]);
    one.enter(&pin, &["2222"]);
    assert_eq!(office.who(), [there("bob", "handset-701")]);
    let menu = other.menu();
    assert_eq!(menu.shown(), "[Services] *Log in *Who is here");
    let mut stranger = one.clone();
    stranger.browser.host = IpAddr::from([127, 0, 0, 8]);
    let refused = stranger.menu();
    assert!(
        refused.shown().ends_with("This is not available (28)"),
        "{}",
        refused.shown()
    );
}

/// rules: SES-8
#[test]
fn whatever_a_mitel_phone_sends_it_gets_a_page() {
    let office = Office::with("", HANDSETS);
    let handset = Handset::of(&office, "handset-701", 440);
    let said = |path: &str| handset.browser.go(path).shown();
    let application = "/emapp/EMAppServlet?device=handset-701";
    let long = "9".repeat(300);
    let refused = "[Extension Mobility] Please try to login again (201)";
    for (typed, expected) in [
        ("&userid=", "[Extension Mobility] User ID=string".to_owned()),
        ("&userid=nobody&seq=1", refused.to_owned()),
        ("&userid=bob&seq=", refused.replace("201", "202")),
        ("&seq=2222", refused.replace("201", "202")),
        (&format!("&userid=bob&seq={long}"), refused.to_owned()),
        (&format!("&userid={long}&seq=1"), refused.to_owned()),
        // What does not fit into the next address cannot be asked for any further.
        (&format!("&userid={long}"), refused.to_owned()),
        ("&userid=%ff%fe%00&seq=%00", refused.to_owned()),
        ("&userid=%3C%2FTitle%3E&seq=%26amp", refused.to_owned()),
        ("&token=zz&choice=-1", refused.to_owned()),
        (
            "&loginType=XX",
            "[Extension Mobility] LoginType invalid. Login is unavailable (215)".to_owned(),
        ),
    ] {
        assert_eq!(said(&format!("{application}{typed}")), expected, "{typed}");
    }
    let next = handset
        .browser
        .go(&format!("{application}&userid=%3C%FC%26"));
    assert!(
        next.object
            .child("URL")
            .text
            .ends_with("&userid=%3C%C3%BC%26")
    );
    handset.bob_logs_in();
    for leave in ["&doLogout=true", "&doLogout=true&leaver=alice&seq=2222"] {
        let asked = said(&format!("{application}{leave}"));
        assert_eq!(asked, "[Log out] PIN=number, hidden", "{leave}");
    }
    assert_eq!(office.who(), handset.is_here("bob"));
    let nameless = MitelBrowser::at((MANAGER.into(), office.pages()), "", WITHOUT, false);
    let page = nameless.menu();
    assert!(
        page.shown().ends_with("This is not available (207)"),
        "{}",
        page.shown()
    );
    let mut old = nameless;
    old.browser.headers = vec![
        "Accept-Charset: iso-8859-1".into(),
        "Accept-Language: de".into(),
    ];
    let page = old.go("/emapp/EMAppServlet");
    assert!(page.answer.body.contains(&0xF6), "it is ISO-8859-1");
}

/// Every page in every dialect, as it goes over the wire.
struct Transcript<'a> {
    browser: &'a Browser,
    told: String,
}

impl Transcript<'_> {
    fn show(&mut self, name: &str, path: &str) -> String {
        let answer = self.browser.get(path);
        self.told += &format!("== {name}\n");
        if let Some(refresh) = answer.header("refresh") {
            self.told += &format!("Refresh: {refresh}\n");
        }
        let text = answer.text();
        let (_, object) = text.split_once("?>\n").expect("a declaration");
        self.told += &format!("{}\n", object.trim_end());
        text
    }
}

/// Which port was free, what was drawn by lot, and what time it is, are of no interest.
fn masked(told: &str, server: &str) -> String {
    let mut lines = Vec::new();
    for line in told.replace(server, "perch:8080").lines() {
        let mut line = line.to_owned();
        if let Some((_, rest)) = line.split_once("token=") {
            let token: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
            line = line.replace(&token, "TOKEN");
        }
        if let Some((before, _)) = line.clone().split_once("since 2") {
            let end = line.find("</").map_or("", |at| &line[at..]);
            line = format!("{before}since NOW{end}");
        }
        lines.push(line);
    }
    format!("{}\n", lines.join("\n"))
}

/// rules: OUT-6, SES-1, SES-3, SES-9, PRO-7
#[test]
fn every_page_is_written_in_each_dialect() {
    let office = Office::with("", HANDSETS);
    let handset = Handset::of(&office, "handset-701", 440);
    let mut desk = office.browser(0, "");
    desk.user_agent = WITH_KEYS;
    let mut plain = desk.clone();
    plain.user_agent = WITHOUT;
    let cases = [
        ("cisco", office.browser(0, OLD)),
        ("mitel", desk),
        ("mitel-plain", plain),
        ("sip-dect", handset.browser.browser.clone()),
    ];
    for (dialect, browser) in cases {
        let mut transcript = Transcript {
            browser: &browser,
            told: String::new(),
        };
        let device = &browser.device;
        let application = format!("/emapp/EMAppServlet?device={device}");
        let mut show = |name, path: &str| transcript.show(name, path);
        show(
            "the menu while nobody is here",
            &format!("/pages/menu?name={device}"),
        );
        show(
            "who is here: nobody",
            &format!("/pages/who?device={device}"),
        );
        show("the form", &application);
        show("with a user", &format!("{application}&userid=alice"));
        show(
            "a wrong PIN",
            &format!("{application}&userid=alice&seq=0000"),
        );
        let choice = show("profiles", &format!("{application}&userid=alice&seq=1111"));
        let (_, token) = choice.split_once("token=").expect("a choice");
        let token = &token[..32];
        show(
            "logged in",
            &format!("{application}&token={token}&choice=1"),
        );
        show("the menu", &format!("/pages/menu?name={device}"));
        show("who is here", &format!("/pages/who?device={device}"));
        show("the application", &application);
        let dials = format!("/pages/speeddials?device={device}");
        show("speed dials", &dials);
        show("a speed dial", &format!("{dials}&place=0"));
        show(
            "a PIN of one's own",
            &format!("/changecredential/ChangeCredentialServlet?device={device}"),
        );
        show("idle", &format!("/idle?name={device}"));
        show("to stay, unasked", &format!("/pages/stay?device={device}"));
        show("leaving", &format!("{application}&doLogout=true"));
        show(
            "leaving with the PIN",
            &format!("{application}&doLogout=true&seq=1111"),
        );
        let told = masked(&transcript.told, &office.pages().to_string());
        expect_file![format!("../../fixtures/pages/{dialect}.txt")].assert_eq(&told);
        office.server.ask(&["logout", "alice"]);
        wait_until("alice is gone", PATIENCE, || office.who().is_empty());
    }
}
