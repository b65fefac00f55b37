//! Programs log people in and out, and ask who is where.

use std::time::Duration;

use crate::office::{Office, PHONES, at};
use crate::phone_browser::{Answer, encoded};
use crate::xml::Element;

const PATH: &str = "/emservice/EMServiceServlet";

/// A program that may act for everybody.
pub const RECEPTION: (&str, &str) = ("reception", "open sesame");

/// How long a few hundred logouts may take, at fifty a second and on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a program is answered when something was done.
pub const SUCCESS: &str = "<response><success/></response>";

/// How a program says who it is.
pub fn app((id, password): (&str, &str)) -> String {
    format!("<appInfo><appID>{id}</appID><appCertificate>{password}</appCertificate></appInfo>")
}

/// The answer to XML that a program sends as it should.
pub fn ask(office: &Office, xml: &str) -> String {
    let program = office.browser(0, "");
    body(&program.ask("POST", PATH, &format!("xml={}", encoded(xml))))
}

fn body(answer: &Answer) -> String {
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/xml; charset=utf-8")
    );
    let text = answer.text();
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    body.unwrap_or_else(|| panic!("{text}")).to_owned()
}

/// The answer to a request of a program.
pub fn request(office: &Office, who: (&str, &str), task: &str) -> String {
    ask(office, &format!("<request>{}{task}</request>", app(who)))
}

pub fn query(office: &Office, task: &str) -> String {
    ask(office, &format!("<query>{}{task}</query>", app(RECEPTION)))
}

pub fn login(phone: &str, user: &str, more: &str) -> String {
    format!("<login><deviceName>{phone}</deviceName><userID>{user}</userID>{more}</login>")
}

/// Logs whoever is at a phone out.
pub fn logout(phone: &str) -> String {
    format!("<logout><deviceName>{phone}</deviceName></logout>")
}

/// The number of the error that an answer is.
pub fn code(answer: &str) -> u16 {
    let response = Element::bare(answer);
    let error = response.child("failure").child("error");
    assert!(!error.text.is_empty(), "{answer}");
    let code = error.attribute("code").expect("a number");
    code.parse().expect("a number")
}

/// rules: ADM-1, SES-5
#[test]
fn a_program_logs_somebody_in_and_out_and_asks() {
    let office = Office::open();
    let profile = "<deviceProfile>chief</deviceProfile>\
                   <exclusiveDuration><indefinite/></exclusiveDuration>";
    assert_eq!(
        request(&office, RECEPTION, &login(PHONES[0], "alice", profile)),
        SUCCESS
    );
    assert_eq!(office.who(), [at("alice", 0)]);
    assert_eq!(
        request(&office, RECEPTION, &login(PHONES[0], "alice", "")),
        SUCCESS,
        "who is there may be logged in there"
    );
    let devices = format!(
        "<deviceUserQuery><deviceName>{}</deviceName><deviceName>{}</deviceName>\
         <deviceName>SEP0</deviceName></deviceUserQuery>",
        PHONES[0], PHONES[1]
    );
    assert_eq!(
        query(&office, &devices),
        "<response><deviceUserResults><device name=\"SEP0011AA000001\"><userID>alice</userID><none/></device>\
         <device name=\"SEP0011AA000002\"><none/></device><device name=\"SEP0\"><doesNotExist/></device>\
         </deviceUserResults></response>"
    );
    let users = "<userDevicesQuery><userID>alice</userID><userID>2002</userID><userID>a@b</userID></userDevicesQuery>";
    assert_eq!(
        query(&office, users),
        "<response><userDevicesResults><user id=\"alice\"><deviceName>SEP0011AA000001</deviceName></user>\
         <user id=\"2002\"><none/></user><user id=\"a%40b\"><doesNotExist/></user></userDevicesResults></response>"
    );
    for name in ["deviceProfileQuery", "userDeviceProfileQuery"] {
        let task = format!("<{name}><userID>alice</userID></{name}>");
        assert_eq!(
            query(&office, &task),
            "<response><deviceProfileResults><user id=\"alice\"><deviceProfile>\
             <deviceProfileName>clerk</deviceProfileName><isDefaultDeviceProfile>true</isDefaultDeviceProfile>\
             </deviceProfile><deviceProfile><deviceProfileName>chief</deviceProfileName>\
             <isDefaultDeviceProfile>false</isDefaultDeviceProfile></deviceProfile></user></deviceProfileResults></response>"
        );
    }
    let check = "<checkUser><userID>alice</userID></checkUser>";
    assert_eq!(query(&office, check), SUCCESS);
    assert_eq!(request(&office, RECEPTION, &logout(PHONES[0])), SUCCESS);
    assert_eq!(office.who(), []);
    let explained = office.server.tell(&["explain", PHONES[0]]);
    assert!(
        explained.contains("a program did, over the API"),
        "{explained}"
    );
}

#[test]
fn every_error_has_its_code_at_its_condition() {
    let office = Office::open();
    let ok = |task: &str| assert_eq!(request(&office, RECEPTION, task), SUCCESS, "{task}");
    let fails = |task: &str| code(&request(&office, RECEPTION, task));
    let as_who = |who, task: &str| code(&request(&office, who, task));
    let first = login(PHONES[0], "bob", "");
    for broken in ["", "<request>", "hello", "<request/>", "<other/>"] {
        assert_eq!(code(&ask(&office, broken)), 1, "{broken}");
    }
    assert_eq!(fails("<other/>"), 1);
    assert_eq!(fails(&login("", "bob", "")), 1);
    assert_eq!(as_who(("", "x"), &first), 2);
    assert_eq!(as_who(("reception", ""), &first), 2);
    assert_eq!(code(&query(&office, "<other/>")), 8);
    assert_eq!(as_who(("lobby", "open sesame"), &first), 10);
    assert_eq!(fails(&login("SEP0", "bob", "")), 11);
    assert_eq!(fails(&logout("SEP0")), 11);
    let profile = "<deviceProfile>chief</deviceProfile>";
    assert_eq!(fails(&login(PHONES[0], "bob", profile)), 12);
    assert_eq!(fails(&logout(PHONES[0])), 19);
    assert_eq!(fails(&login("SEP0011AA000003", "bob", "")), 22);
    assert_eq!(fails(&logout("SEP0011AA000003")), 5);
    assert_eq!(fails(&login(PHONES[0], "zoe", "")), 23);
    let unknown = "<checkUser><userID>zoe</userID></checkUser>";
    assert_eq!(code(&query(&office, unknown)), 23);
    ok(&first);
    assert_eq!(fails(&login(PHONES[0], "alice", "")), 18);
    let elsewhere = "<remoteIPAddr>127.0.0.9</remoteIPAddr>";
    assert_eq!(fails(&login(PHONES[1], "alice", elsewhere)), 28);
    ok(&login(
        PHONES[1],
        "alice",
        "<remoteIPAddr>127.0.0.3</remoteIPAddr>",
    ));
    ok(&logout(PHONES[1]));
    office.apply("[extension_mobility]\nallow_proxy = false\n");
    let proxied = "<isViaHeaderSet>true</isViaHeaderSet>";
    assert_eq!(fails(&login(PHONES[1], "alice", proxied)), 30);
    office.apply("[extension_mobility]\nenabled = false\n");
    assert_eq!(fails(&login(PHONES[1], "alice", "")), 4);
    office.apply(
        "[user_profile.alone]\nclass = \"all\"\nsecond_login = \"refuse\"\n[user.carol]\ndn = \"2003\"\n\
         display_name = \"Carol\"\npin = \"3333\"\nprofiles = [\"alone\"]\n",
    );
    ok(&login(PHONES[1], "carol", ""));
    ok(&logout(PHONES[0]));
    assert_eq!(fails(&login(PHONES[0], "carol", "")), 25);
}

/// rules: SES-8
#[test]
fn unknown_programs_and_wrong_passwords_look_alike_and_guessers_are_not_believed() {
    let office = Office::open();
    let task = "<logoutAll/>";
    let wrong = request(&office, ("reception", "wrong one"), task);
    assert_eq!(code(&wrong), 3);
    let words = "Application Authentication Error: Could not authenticate &apos;reception&apos;";
    assert!(wrong.contains(words), "{wrong}");
    let unknown = request(&office, ("receptiom", "open sesame"), task);
    assert_eq!(wrong, unknown.replace("receptiom", "reception"));
    let login = login(PHONES[0], "bob", "");
    let known = request(&office, ("bob", "9999"), &login);
    let unknown = request(&office, ("zoe", "9999"), &login);
    assert_eq!(known, unknown.replace("zoe", "bob"));
    // The lock of this site is at five.
    for _ in 0..4 {
        assert_eq!(request(&office, ("reception", "wrong one"), task), wrong);
    }
    assert_eq!(
        request(&office, RECEPTION, task),
        wrong,
        "it guessed too often"
    );
    let mut elsewhere = office.browser(1, "");
    elsewhere.device.clear();
    let xml = format!(
        "xml={}",
        encoded(&format!("<request>{}{task}</request>", app(RECEPTION)))
    );
    assert_eq!(
        body(&elsewhere.ask("POST", PATH, &xml)),
        SUCCESS,
        "it is believed elsewhere"
    );
}

#[test]
fn a_user_may_act_for_oneself_alone() {
    let office = Office::open();
    let bob = ("bob", "2222");
    assert_eq!(
        code(&request(&office, bob, &login(PHONES[0], "alice", ""))),
        10
    );
    assert_eq!(request(&office, bob, &login(PHONES[0], "bob", "")), SUCCESS);
    assert_eq!(
        code(&request(&office, ("alice", "1111"), &logout(PHONES[0]))),
        10
    );
    assert_eq!(office.who(), [at("bob", 0)]);
    assert_eq!(request(&office, bob, &logout(PHONES[0])), SUCCESS);
    assert_eq!(code(&request(&office, bob, "<logoutAll/>")), 3);
}

#[test]
fn what_programs_write_is_taken_however_they_do() {
    let office = Office::open();
    let program = office.browser(0, "");
    let xml = format!(
        "<?xml version=\"1.0\"?>\r\n<Request>\n{}<LOGIN>\n <devicename> {} </devicename> <UserID>bob</UserID> \
         <exclusiveDuration> <indefinite></indefinite> </exclusiveDuration></LOGIN></Request>",
        app(RECEPTION),
        PHONES[0]
    );
    assert_eq!(
        body(&program.ask("POST", PATH, &xml)),
        SUCCESS,
        "not encoded, no name"
    );
    let logout = format!("<request>{}{}</request>", app(RECEPTION), logout(PHONES[0]));
    let form = format!("xml={}&other=1", encoded(&logout));
    assert_eq!(
        body(&program.ask("POST", "/LoginService/login.asp", &form)),
        SUCCESS
    );
    assert_eq!(program.get(&format!("{PATH}?{form}")).status, 405);
    let bomb = "<!DOCTYPE a [<!ENTITY x \"SEP\">]><request>&x;</request>";
    assert_eq!(code(&ask(&office, bomb)), 1);
}

/// rules: DUR-1, ADM-1
#[test]
fn how_long_a_login_lasts_is_kept_over_a_restart() {
    let mut office = Office::open();
    let hour = "<exclusiveDuration><time>3600</time></exclusiveDuration>";
    request(&office, RECEPTION, &login(PHONES[0], "bob", hour));
    let planned = |office: &Office| {
        let who = office.server.json(&["who"]);
        let cause = who[0]["next_logout_cause"].clone();
        (cause.to_string(), who[0]["next_logout"].to_string())
    };
    let (cause, when) = planned(&office);
    assert!(cause.contains("duration"), "{cause}");
    office.server.kill();
    office.server.start_again();
    assert_eq!(planned(&office), (cause, when));
}

/// rules: TOD-3, ADM-1
#[test]
fn everybody_is_logged_out_at_a_pace_even_if_the_server_is_killed_meanwhile() {
    const MANY: usize = 200;
    let mut office = Office::open();
    let mut more = String::new();
    for number in 0..MANY {
        more.push_str(&format!(
            "[user.u{number}]\ndn = \"{}\"\ndisplay_name = \"User {number}\"\npin = \"1234\"\nprofiles = [\"clerk\"]\n\
             [phone.desk-{number}]\nlogout_profile = \"guest\"\nguest_dn = \"{}\"\npassword = \"desk-{number}-secret\"\n",
            3000 + number,
            8000 + number
        ));
    }
    office.apply(&more);
    for number in 0..MANY {
        let (phone, user) = (format!("desk-{number}"), format!("u{number}"));
        assert_eq!(
            request(&office, RECEPTION, &login(&phone, &user, "")),
            SUCCESS
        );
    }
    assert_eq!(office.who().len(), MANY);
    assert_eq!(request(&office, RECEPTION, "<logoutAll/>"), SUCCESS);
    office.server.kill();
    office.server.start_again();
    crate::built_server::wait_until("all are logged out", PATIENCE, || office.who().is_empty());
    for number in [0, MANY - 1] {
        let phone = format!("desk-{number}");
        let explained = office.server.tell(&["explain", &phone]);
        assert!(
            explained.contains("a program did, over the API"),
            "{explained}"
        );
    }
}
