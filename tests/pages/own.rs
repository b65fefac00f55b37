//! What people change for themselves at a phone: their PIN, and their speed dials.

use crate::desk::{DESKS, Desk, OLD_DESK, there};
use crate::office::{NEW, OLD, Office, PHONES, at};
use crate::phone_browser::{Browser, Page};

/// Where a PIN is changed, and where speed dials are.
const CREDENTIAL: &str = "/changecredential/ChangeCredentialServlet";
const DIALS: &str = "/pages/speeddials";

/// The page at which the phone's user changes a PIN.
fn credential(phone: &Browser) -> Page {
    phone.go(&format!("{CREDENTIAL}?device={}", phone.device))
}

/// Changes a PIN, as somebody who types the new one so, and so.
fn change(phone: &Browser, user: &str, old: &str, new: (&str, &str)) -> Page {
    let typed = [
        ("User ID", user),
        ("Old PIN", old),
        ("New PIN", new.0),
        ("New PIN again", new.1),
    ];
    phone.submit(&credential(phone), &typed)
}

fn prompt(page: &Page) -> &str {
    &page.object.child("Prompt").text
}

/// Whether somebody may log in with a PIN. Then they log out again.
fn may_log_in(phone: &Browser, user: &str, pin: &str) -> bool {
    let typed = [("User ID", user), ("PIN", pin)];
    let done = phone.submit(&phone.open(), &typed);
    let is_in = done.shown().contains("Login successful.");
    if is_in {
        phone.press(&phone.open(), "Yes");
    } else {
        assert!(done.shown().contains("(201)"), "{}", done.shown());
    }
    is_in
}

/// rules: PRO-7, SES-1
#[test]
fn a_chosen_pin_counts_until_the_administrator_gives_another() {
    let mut office = Office::open();
    let (old, new) = (office.browser(0, OLD), office.browser(1, NEW));
    let form = credential(&old);
    assert_eq!(
        form.shown(),
        "[Change Credential] User ID=A Old PIN=NP New PIN=NP New PIN again=NP (1:Submit 2:<< 3:Exit)"
    );
    let done = change(&old, "bob", "2222", ("8642", "8642"));
    assert!(
        done.shown().contains("PIN change is complete."),
        "{}",
        done.shown()
    );
    assert!(!may_log_in(&new, "bob", "2222"));
    assert!(may_log_in(&new, "bob", "8642"), "at every phone");
    assert_eq!(office.registered_again(), 2);
    office.server.kill();
    office.server.start_again();
    assert_eq!(office.registered_again(), 2);
    assert!(may_log_in(&old, "2002", "8642"), "it is stored");
    // The same site once more changes nothing; another PIN in it does.
    office.apply("");
    assert!(may_log_in(&old, "bob", "8642"));
    let explained = office.server.tell(&["explain", "bob"]);
    assert!(
        explained.contains("bob has chosen a PIN at a phone"),
        "{explained}"
    );
    office.apply_instead("pin = \"2222\"", "pin = \"7777\"");
    assert!(!may_log_in(&old, "bob", "8642"));
    assert!(may_log_in(&old, "bob", "7777"));
    let explained = office.server.tell(&["explain", "bob"]);
    assert!(!explained.contains("chosen"), "{explained}");
    let log = office.server.log();
    assert!(!log.contains("8642"), "{log}");
}

/// rules: SES-8
#[test]
fn a_wrong_old_pin_counts_and_tells_nothing() {
    let office = Office::open();
    let phone = office.browser(0, NEW);
    let answers = |user: &str, old: &str| {
        let mut answer = change(&phone, user, old, ("8642", "8642")).answer;
        answer.headers.retain(|(name, _)| name != "date");
        // The form begins with who was typed.
        let text = answer.text().replace(user, "USER");
        (answer.headers, text)
    };
    let wrong = answers("bob", "9999");
    assert!(
        wrong.1.contains("<Prompt>Wrong user or PIN</Prompt>"),
        "{}",
        wrong.1
    );
    assert!(
        wrong.1.contains("<Title>Change Credential</Title>"),
        "{}",
        wrong.1
    );
    assert!(!wrong.1.contains("9999") && !wrong.1.contains("8642"));
    assert_eq!(answers("zoe", "9999"), wrong);
    for _ in 0..4 {
        assert_eq!(answers("bob", "9998"), wrong);
    }
    assert_eq!(answers("bob", "2222"), wrong, "the right one, but locked");
    assert!(!may_log_in(&phone, "bob", "2222"), "by every door");
    office.server.tell(&["unlock", "bob"]);
    assert!(may_log_in(&phone, "bob", "2222"), "it was never changed");
}

/// What is wrong with the form is no try.
///
/// rules: PRO-7, SES-8
#[test]
fn a_form_that_is_wrong_in_itself_says_so() {
    let office = Office::open();
    let phone = office.browser(0, OLD);
    let cases = [
        ("", "2222", ("8642", "8642"), "Fill in every line"),
        ("bob", "", ("8642", "8642"), "Fill in every line"),
        ("bob", "2222", ("8642", ""), "Fill in every line"),
        ("bob", "9999", ("864", "864"), "A PIN is 4 to 32 digits"),
        (
            "bob",
            "9999",
            ("8642", "8643"),
            "The new PINs are not the same",
        ),
        ("bob", "9999", ("9999", "9999"), "That is the old PIN"),
    ];
    for (user, old, new, expected) in cases.into_iter().cycle().take(30) {
        let page = change(&phone, user, old, new);
        assert_eq!(prompt(&page), expected, "{user} {old} {new:?}");
    }
    let tool = format!(
        "{CREDENTIAL}?device={}&changePin=true&userid=bob&oldpin=2222&newpin=8642&confirmnewpin=8642",
        PHONES[0]
    );
    let done = phone.go(&tool);
    assert!(
        done.shown().contains("PIN change is complete."),
        "{}",
        done.shown()
    );
    let spied = phone.go(&tool.replace(PHONES[0], PHONES[1]));
    assert!(spied.shown().contains("(28)"), "{}", spied.shown());
    let mut german = phone.clone();
    german.headers.push("Accept-Language: de".to_owned());
    let page = credential(&german);
    assert!(
        page.shown()
            .starts_with("[PIN ändern] Benutzer=A Alte PIN=NP"),
        "{}",
        page.shown()
    );
}

/// The speed dials of whoever is at a phone.
fn dials(phone: &Browser) -> Page {
    phone.go(&format!("{DIALS}?device={}", phone.device))
}

fn dial(phone: &Browser, item: &str, number: &str, name: &str) -> Page {
    let form = phone.choose(&dials(phone), item);
    phone.submit(&form, &[("Number", number), ("Name", name)])
}

/// rules: PRO-3, PRO-7
#[test]
fn speed_dials_are_changed_at_a_phone_that_shows_it_at_once() {
    let office = Office::with("", DESKS);
    let desk = Desk::live(&office);
    desk.dora_logs_in("inside");
    desk.phone.has_buttons(&[
        "line 2004 Dora",
        "speed dial 2002 Bob",
        "speed dial 2001 Alice",
    ]);
    let menu = desk.browser.press(&desk.services(), "More");
    let list = desk.browser.choose(&menu, "Speed dials");
    assert_eq!(
        list.shown(),
        "[Speed dials] *Bob: 2002 *Alice: 2001 *New speed dial (1:Select 3:Exit)"
    );
    let form = desk.browser.choose(&list, "Bob: 2002");
    assert_eq!(
        form.shown(),
        "[Speed dials] Number=T Name=A (1:Submit 2:<< 3:Exit)"
    );
    let echo = [("Number", "*90"), ("Name", "Echo")];
    let list = desk.browser.submit(&form, &echo);
    let shown = list.shown();
    assert!(shown.contains("*Echo: *90 *Alice: 2001 *New"), "{shown}");
    desk.phone.has_buttons(&[
        "line 2004 Dora",
        "speed dial *90 Echo",
        "speed dial 2001 Alice",
    ]);
    dial(&desk.browser, "New speed dial", "9062", "The 8861");
    dial(&desk.browser, "Alice: 2001", "", "");
    desk.phone.has_buttons(&[
        "line 2004 Dora",
        "speed dial *90 Echo",
        "speed dial 9062 The 8861",
    ]);
    assert_eq!(desk.phone.connections(), 1, "it has never started anew");
    let late = desk.browser.submit(&form, &echo).shown();
    assert!(late.contains("(4)"), "it is another by now: {late}");
    let wrong = dial(&desk.browser, "Echo: *90", "2*0#", "").shown();
    assert!(
        wrong.contains("*2*0#: 2*0#"),
        "the number names it: {wrong}"
    );
    let wrong = dial(&desk.browser, "2*0#: 2*0#", "200a", "").shown();
    assert!(wrong.contains("(4)"), "{wrong}");
    desk.is_content();
}

/// rules: PRO-3, PRO-7
#[test]
fn speed_dials_follow_their_user_until_the_site_has_others() {
    let mut office = Office::with("", DESKS);
    {
        let (old, new) = (Desk::old(&office), Desk::new(&office));
        let before = [
            "line 2004 Dora",
            "speed dial 2002 Bob",
            "speed dial 2001 Alice",
        ];
        old.dora_logs_in("inside");
        old.phone.has_buttons(&before);
        dial(&old.browser, "Bob: 2002", "*90", "Echo");
        assert_eq!(old.phone.buttons(), before, "it would have to start anew");
        // She goes elsewhere.
        new.dora_logs_in("inside");
        let buttons = new.reads_again().buttons();
        assert_eq!(buttons, ["2004", "Log out", "Echo", "Alice"]);
        dial(&new.browser, "Alice: 2001", "9062", "The 8861");
        let buttons = new.reads_again().buttons();
        assert_eq!(buttons, ["2004", "Log out", "Echo", "The 8861"]);
        new.somebody_logs_out("dora");
        // The other profile is another list.
        old.phone.has_buttons(&["line 9061 Guest"]);
        old.dora_logs_in("outside");
        old.phone
            .has_buttons(&["line 2004 Dora", "speed dial 9061 The 7960"]);
        old.is_content();
    }
    office.server.kill();
    office.server.start_again();
    let old = Desk::old(&office);
    old.phone
        .has_buttons(&["line 2004 Dora", "speed dial 9061 The 7960"]);
    old.somebody_logs_out("dora");
    old.phone.has_buttons(&["line 9061 Guest"]);
    old.dora_logs_in("inside");
    old.phone.has_buttons(&[
        "line 2004 Dora",
        "speed dial *90 Echo",
        "speed dial 9062 The 8861",
    ]);
    let explained = office.server.tell(&["explain", "dora"]);
    let sentence = "dora has changed the speed dials of profile inside at a phone (2 now)";
    assert!(explained.contains(sentence), "{explained}");
    // The site says nothing new of them, and then it does.
    office.apply(DESKS);
    let list = dials(&old.browser).shown();
    assert!(list.contains("*Echo: *90 *The 8861: 9062"), "{list}");
    office.apply(&DESKS.replace("label = \"Alice\"", "label = \"Ally\""));
    let list = dials(&old.browser).shown();
    assert!(list.contains("*Bob: 2002 *Ally: 2001"), "{list}");
    assert_eq!(
        office.who(),
        [there("dora", OLD_DESK)],
        "she stays where she is"
    );
}

/// rules: PRO-7
#[test]
fn a_phone_may_forbid_to_change_speed_dials() {
    let office = Office::open();
    let phone = office.browser(0, OLD);
    let nobody = dials(&phone);
    assert!(
        nobody.shown().contains("Nobody is logged in here."),
        "{}",
        nobody.shown()
    );
    phone.submit(&phone.open(), &[("User ID", "bob"), ("PIN", "2222")]);
    assert!(dials(&phone).shown().contains("*New speed dial"));
    let form = phone.choose(&dials(&phone), "New speed dial");
    let switch = "password = \"SEP0011AA000001-secret\"";
    office.apply_instead(switch, &format!("{switch}\nown_speed_dials = false"));
    for refused in [
        dials(&phone),
        phone.submit(&form, &[("Number", "2001"), ("Name", "Alice")]),
    ] {
        assert!(refused.shown().contains("(4)"), "{}", refused.shown());
    }
    let menu = phone.go(&format!("/serviceurl?name={}", PHONES[0]));
    assert!(!menu.shown().contains("Speed dials"), "{}", menu.shown());
    assert_eq!(office.who(), [at("bob", 0)]);
}

/// Naming a product decides what is not said otherwise, at once.
///
/// rules: SES-2, PRO-9
#[test]
fn a_product_that_is_named_decides_what_is_not_said() {
    let office = Office::open();
    let (first, second) = (office.browser(0, OLD), office.browser(1, OLD));
    let bob = [("User ID", "bob"), ("PIN", "2222"), ("Password", "2222")];
    let log_in = |phone: &Browser| phone.submit(&phone.open(), &bob).shown();
    let as_product = |name: &str, more: &str| {
        office.apply(&format!(
            "[extension_mobility]\npersonality = \"{name}\"\n{more}"
        ));
    };
    as_product("cucm", "");
    assert!(first.open().shown().contains("PIN=NP"));
    log_in(&first);
    assert!(log_in(&second).contains("Login is unavailable (25)"));
    as_product("cme", "");
    assert!(second.open().shown().contains("Password=AP"));
    log_in(&second);
    assert_eq!(office.who(), [at("bob", 1)], "he has moved");
    let menu = first.go(&format!("/CMEserverForPhone/serviceurl?name={}", PHONES[0]));
    assert_eq!(
        menu.shown(),
        "[Services] *Who is here *Change PIN *Extension Mobility (1:Select 3:Exit)"
    );
    as_product("cme", "asks_for = \"pin\"\n");
    assert!(
        first.open().shown().contains("PIN=NP"),
        "what is said counts"
    );
    let named = "[extension_mobility]\npersonality = \"cucm\"\n";
    office.apply_instead(
        "lock_after = 5",
        &format!("lock_after = 5\nsecond_login = \"allow\"\n{named}"),
    );
    log_in(&first);
    assert_eq!(office.who(), [at("bob", 0), at("bob", 1)]);
}
