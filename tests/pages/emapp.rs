//! Log in, choose, log out, and why not.

use crate::office::{NEW, OLD, Office, PHONES, at};

/// rules: SES-1, SES-3, SES-5, SES-9
#[test]
fn somebody_logs_in_chooses_and_logs_out() {
    let office = Office::open();
    for (place, model, keys, flow) in [
        (0, OLD, "1:Submit 2:<< 3:Exit", "1:Select 3:Exit"),
        (1, NEW, "1:Exit 2:Submit 3:<<", "1:Exit 2:Select"),
    ] {
        let phone = office.browser(place, model);
        let form = phone.open();
        assert_eq!(
            form.shown(),
            format!("[Extension Mobility] User ID=A PIN=NP ({keys})")
        );
        let url = form.object.child("URL");
        let posts = url.attribute("method") == Some("post");
        assert_eq!(posts, model == NEW);
        let menu = phone.submit(&form, &[("User ID", "alice"), ("PIN", "1111")]);
        assert_eq!(
            menu.shown(),
            format!("[Choose a profile] *clerk *chief ({flow})")
        );
        assert!(
            !menu.answer.text().contains("1111"),
            "the PIN is in no address"
        );
        assert_eq!(office.who(), [], "nothing is chosen yet");
        let done = phone.choose(&menu, "chief");
        assert!(
            done.shown().contains("Login successful."),
            "{}",
            done.shown()
        );
        assert_eq!(done.refresh(), Some("3; url=Init:Services"));
        assert_eq!(office.who(), [at("alice", place)]);
        let question = phone.open();
        assert_eq!(
            question.shown(),
            "[Logged in here] alice is logged in at this phone.  Do you want to log out? \
             (1:Yes 2:No 3:Other 4:More)"
        );
        assert_eq!(question.key("No"), "SoftKey:Exit");
        let done = phone.press(&question, "Yes");
        assert!(
            done.shown().contains("Logout successful."),
            "{}",
            done.shown()
        );
        assert_eq!(office.who(), []);
    }
}

/// rules: SES-5
#[test]
fn a_choice_is_good_once_and_at_its_phone() {
    let office = Office::open();
    let phone = office.browser(0, OLD);
    let form = phone.open();
    let menu = phone.submit(&form, &[("User ID", "2001"), ("PIN", "1111")]);
    let item = menu.object.children("MenuItem").next().expect("an item");
    let url = item.child("URL").text.clone();
    let other = office.browser(1, OLD);
    let stolen = other.go(&url.replace(PHONES[0], PHONES[1]));
    assert!(stolen.shown().contains("(201)"), "{}", stolen.shown());
    let late = phone.go(&url);
    assert!(
        late.shown().contains("(201)"),
        "it was tried: {}",
        late.shown()
    );
    assert_eq!(office.who(), []);
    let menu = phone.submit(&form, &[("User ID", "2001"), ("PIN", "1111")]);
    phone.choose(&menu, "clerk");
    assert_eq!(office.who(), [at("alice", 0)]);
    let again = phone.choose(&menu, "clerk");
    assert!(again.shown().contains("(201)"), "{}", again.shown());
}

/// rules: SES-2, SES-3
#[test]
fn whoever_comes_takes_the_phone_over_or_is_moved() {
    let office = Office::open();
    let (first, second) = (office.browser(0, OLD), office.browser(1, NEW));
    let bob = [("User ID", "bob"), ("PIN", "2222")];
    first.submit(&first.open(), &bob);
    assert_eq!(office.who(), [at("bob", 0)]);
    second.submit(&second.open(), &bob);
    assert_eq!(office.who(), [at("bob", 1)], "bob has moved");
    let form = second.press(&second.open(), "Other");
    let menu = second.submit(&form, &[("User ID", "alice"), ("PIN", "1111")]);
    second.choose(&menu, "clerk");
    assert_eq!(office.who(), [at("alice", 1)], "bob had to go");
    let explained = office.server.tell(&["explain", PHONES[1]]);
    assert!(
        explained.contains("somebody else logged in there"),
        "{explained}"
    );
}

#[test]
fn scripts_log_in_and_out_by_one_address() {
    let office = Office::open();
    let script = office.browser(0, "");
    let device = PHONES[0];
    let base = format!("/emapp/EMAppServlet?device={device}");
    let done = script.go(&format!(
        "{base}&userid=alice&seq=1111&profile=chief&check=true"
    ));
    assert!(
        done.shown().contains("Login successful."),
        "{}",
        done.shown()
    );
    let done = script.go(&format!("{base}&doLogout=true"));
    assert!(
        done.shown().contains("Logout successful."),
        "{}",
        done.shown()
    );
    for parameter in ["name", "devicename"] {
        let form = script.go(&format!("/emapp/EMAppServlet?{parameter}={device}"));
        assert!(form.shown().contains("User ID"), "{}", form.shown());
    }
}

/// What is wrong, and the number that says so.
#[test]
fn every_error_has_its_number() {
    let office = Office::with("", "");
    let phone = office.browser(0, OLD);
    let device = PHONES[0];
    let cases = [
        ("", "Login is unavailable (207)"),
        ("device=", "Login is unavailable (207)"),
        (
            "device=SEP0&userid=bob&seq=2222",
            "Login is unavailable (11)",
        ),
        (
            "device=SEP0011AA000002&userid=bob&seq=2222",
            "Login is unavailable (28)",
        ),
        (
            "device=SEP0011AA000002&doLogout=true",
            "Logout is unavailable (28)",
        ),
        (
            "device=SEP0011AA000001&userid=bob&seq=",
            "Please try to login again (202)",
        ),
        (
            "device=SEP0011AA000001&seq=2222",
            "Please try to login again (202)",
        ),
        (
            "device=SEP0011AA000001&userid=bob&seq=1",
            "Please try to login again (201)",
        ),
        (
            "device=SEP0011AA000001&userid=zoe&seq=1",
            "Please try to login again (201)",
        ),
        (
            "device=SEP0011AA000001&userid=bob&seq=2222&profile=chief",
            "Login is unavailable (12)",
        ),
        (
            "device=SEP0011AA000001&loginType=XX",
            "Login is unavailable (215)",
        ),
        (
            "device=SEP0011AA000001&doLogout=true",
            "Logout is unavailable (19)",
        ),
        (
            "device=SEP0011AA000001&token=x&choice=1",
            "Please try to login again (201)",
        ),
    ];
    for (query, expected) in cases {
        let page = phone.go(&format!("/emapp/EMAppServlet?{query}"));
        let shown = page.shown();
        assert!(shown.contains(&format!("{expected} (")), "{query}: {shown}");
    }
    assert_eq!(office.who(), []);
    office.apply("[extension_mobility]\nenabled = false\n");
    let page = phone.open();
    assert!(
        page.shown().contains("Login is unavailable (22)"),
        "{}",
        page.shown()
    );
    office.apply("[extension_mobility]\nvalidate_ip = false\n");
    let wall = phone.go("/emapp/EMAppServlet?device=SEP0011AA000003");
    assert!(
        wall.shown().contains("Login is unavailable (22)"),
        "{}",
        wall.shown()
    );
    let wall = phone.go("/emapp/EMAppServlet?device=SEP0011AA000003&doLogout=true");
    assert!(
        wall.shown().contains("Logout is unavailable (5)"),
        "{}",
        wall.shown()
    );
    let form = phone.go(&format!("/emapp/EMAppServlet?device={}", PHONES[1]));
    assert!(
        form.shown().contains("User ID"),
        "no address is looked at: {}",
        form.shown()
    );
    office.apply("[extension_mobility]\nallow_proxy = false\n");
    let mut proxied = phone.clone();
    proxied.headers.push("Via: 1.1 proxy".to_owned());
    let page = proxied.open();
    assert!(
        page.shown().contains("Login is unavailable (30)"),
        "{}",
        page.shown()
    );
    office.apply("[extension_mobility]\ntrusted_ips = [\"127.0.0.2\"]\n");
    let form = phone.go(&format!("/emapp/EMAppServlet?device={}", PHONES[1]));
    assert!(
        form.shown().contains("User ID"),
        "it is trusted: {}",
        form.shown()
    );
    assert_eq!(phone.device, device);
}

/// rules: SES-2, SES-4
#[test]
fn service_parameters_are_live() {
    let office = Office::open();
    let (first, second) = (office.browser(0, OLD), office.browser(1, OLD));
    let bob = [("User ID", "2002"), ("PIN", "2222")];
    first.submit(&first.open(), &bob);
    first.press(&first.open(), "Yes");
    let parameters = "[extension_mobility]\nremember_last_user = true\npersonality = \"cme\"\n";
    office.apply(parameters);
    let form = first.open();
    assert!(
        form.shown().contains("User ID=A Password=AP"),
        "{}",
        form.shown()
    );
    let item = form.object.children("InputItem").next().expect("an item");
    assert_eq!(item.child("DefaultValue").text, "bob");
    first.submit(&form, &[("Password", "2222")]);
    assert_eq!(office.who(), [at("bob", 0)]);
    let file = "[user_profile.alone]\nclass = \"all\"\nsecond_login = \"refuse\"\n\
                [user.carol]\ndn = \"2003\"\ndisplay_name = \"Carol\"\npin = \"3333\"\nprofiles = [\"alone\"]\n";
    office.apply(file);
    let carol = [("User ID", "carol"), ("PIN", "3333")];
    second.submit(&second.open(), &carol);
    let form = first.press(&first.open(), "Other");
    let refused = first.submit(&form, &carol);
    assert!(
        refused.shown().contains("Login is unavailable (25)"),
        "{}",
        refused.shown()
    );
}
