//! Service parameters: each is in force as soon as the site is applied, and no longer than that.

use crate::axl::{returned, sql};
use crate::emapi::{RECEPTION, SUCCESS, code, login, logout, query, request};
use crate::office::{OLD, Office, PHONES};

/// What somebody does who notices the parameter, and what comes of it.
type Trial = fn(&Office) -> String;

/// A parameter: for `[site]` or for `[extension_mobility]`, what is tried, and what comes of it without and with it.
struct Row {
    site: &'static str,
    mobility: &'static str,
    trial: Trial,
    usual: &'static str,
    with: &'static str,
}

/// Whether a request succeeds, or the number of its error.
fn outcome(office: &Office, task: &str) -> String {
    match request(office, RECEPTION, task) {
        answer if answer == SUCCESS => "done".to_owned(),
        answer => code(&answer).to_string(),
    }
}

fn from_elsewhere(office: &Office) -> String {
    let elsewhere = "<remoteIPAddr>127.0.0.9</remoteIPAddr>";
    outcome(office, &login(PHONES[0], "bob", elsewhere))
}

fn by_a_proxy(office: &Office) -> String {
    let proxied = "<isViaHeaderSet>true</isViaHeaderSet>";
    outcome(office, &login(PHONES[0], "bob", proxied))
}

fn plainly(office: &Office) -> String {
    outcome(office, &login(PHONES[0], "bob", ""))
}

fn twice(office: &Office) -> String {
    outcome(office, &login(PHONES[0], "bob", ""));
    let second = outcome(office, &login(PHONES[1], "bob", ""));
    format!("{second}, at {} phones", office.who().len())
}

/// For how many seconds a login lasts, as AXL says it.
fn length(office: &Office, duration: &str) -> String {
    outcome(office, &login(PHONES[0], "bob", duration));
    let question = "select loginduration from extensionmobilitydynamic where fkenduser is not null";
    let found = returned(office, &sql(question));
    let digits = found.chars().filter(char::is_ascii_digit);
    digits.collect()
}

fn for_a_time(office: &Office) -> String {
    length(
        office,
        "<exclusiveDuration><time>120</time></exclusiveDuration>",
    )
}

fn as_long_as_usual(office: &Office) -> String {
    length(office, "")
}

/// Who was there last, as programs and the phone itself are told.
fn after_somebody(office: &Office) -> String {
    outcome(office, &login(PHONES[0], "bob", ""));
    outcome(office, &logout(PHONES[0]));
    let device = PHONES[0];
    let asked = format!("<deviceUserQuery><deviceName>{device}</deviceName></deviceUserQuery>");
    let told = query(office, &asked).contains("<lastlogin>bob</lastlogin>");
    let form = office.browser(0, OLD).open();
    let field = form.object.children("InputItem").next();
    let typed = field.map(|field| field.child("DefaultValue").text.clone());
    let question = "select u.userid from extensionmobilitydynamic m, enduser u where m.fkenduser_lastlogin = u.pkid";
    let found = returned(office, &sql(question)).contains("<userid>bob</userid>");
    format!("{told}, {:?}, {found}", typed.unwrap_or_default())
}

const ROWS: &[Row] = &[
    Row {
        site: "",
        mobility: "enabled = false",
        trial: plainly,
        usual: "done",
        with: "4",
    },
    Row {
        site: "",
        mobility: "validate_ip = false",
        trial: from_elsewhere,
        usual: "28",
        with: "done",
    },
    Row {
        site: "",
        mobility: "trusted_ips = [\"127.0.0.9\"]",
        trial: from_elsewhere,
        usual: "28",
        with: "done",
    },
    Row {
        site: "",
        mobility: "allow_proxy = false",
        trial: by_a_proxy,
        usual: "done",
        with: "30",
    },
    Row {
        site: "",
        mobility: "duration_unit = \"minutes\"",
        trial: for_a_time,
        usual: "120",
        with: "7200",
    },
    Row {
        site: "",
        mobility: "remember_last_user = true",
        trial: after_somebody,
        usual: "false, \"\", false",
        with: "true, \"bob\", true",
    },
    Row {
        site: "max_login = \"0:05\"",
        mobility: "",
        trial: as_long_as_usual,
        usual: "0",
        with: "300",
    },
    Row {
        site: "second_login = \"refuse\"",
        mobility: "",
        trial: twice,
        usual: "done, at 1 phones",
        with: "25, at 1 phones",
    },
    Row {
        site: "second_login = \"allow\"",
        mobility: "",
        trial: twice,
        usual: "done, at 1 phones",
        with: "done, at 2 phones",
    },
];

/// rules: ADM-1, SES-2, DUR-1
#[test]
fn each_parameter_is_live() {
    let office = Office::open();
    for row in ROWS {
        let what = format!("{}{}", row.site, row.mobility);
        let tried = || {
            let came = (row.trial)(&office);
            for phone in PHONES {
                outcome(&office, &logout(phone));
            }
            came
        };
        office.apply("");
        assert_eq!(tried(), row.usual, "without {what}");
        let mobility = format!("[extension_mobility]\n{}\n", row.mobility);
        office.apply_with(row.site, &mobility);
        assert_eq!(tried(), row.with, "with {what}");
        office.apply("");
        assert_eq!(tried(), row.usual, "without {what} again");
    }
}
