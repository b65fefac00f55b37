//! AXL over HTTPS: what programs send as it is, and what they get.

use std::io::{Read, Write};

use crate::office::{Office, PHONES, at};
use crate::phone_browser::{Answer, read_answer};
use crate::wire_phone;

/// The programs of the office, as HTTP's Basic scheme says them: one that may, one that may not, one that is unknown,
/// and one whose password is wrong.
const TOOL: &str = "dG9vbDpvcGVuIHNlc2FtZQ==";
const RECEPTION: &str = "cmVjZXB0aW9uOm9wZW4gc2VzYW1l";
const NOBODY: &str = "bm9ib2R5Om9wZW4gc2VzYW1l";
const WRONG: &str = "dG9vbDp3cm9uZyBvbmU=";

/// The version that these programs speak.
const VERSION: &str = "http://www.cisco.com/AXL/API/11.5";

fn envelope(request: &str) -> String {
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:ns=\"{VERSION}\">\
         <soapenv:Header/><soapenv:Body>{request}</soapenv:Body></soapenv:Envelope>"
    )
}

fn head(method: &str, who: &str, more: &str) -> String {
    let authorization = match who {
        "" => String::new(),
        who => format!("Authorization: Basic {who}\r\n"),
    };
    format!("{method} /axl/ HTTP/1.1\r\nHost: perch\r\n{authorization}{more}")
}

fn post(who: &str, body: &str) -> String {
    let more = format!(
        "Content-Type: text/xml\r\nSOAPAction: \"CUCM:DB ver=7.0 whatever\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    head("POST", who, &more)
}

/// The answer to what is sent under TLS.
fn send(office: &Office, request: &str) -> Answer {
    let browser = office.browser(0, "");
    let server = office.pages_tls();
    let tcp = crate::phone_browser::Browser { server, ..browser }.connect();
    read_answer(&mut wire_phone::tls(tcp, server), request.as_bytes())
}

fn ask(office: &Office, request: &str) -> Answer {
    send(office, &post(TOOL, &envelope(request)))
}

/// What stands in the envelope of an answer that all went well.
pub fn returned(office: &Office, request: &str) -> String {
    let answer = ask(office, request);
    let text = answer.text();
    assert_eq!(answer.status, 200, "{request}: {text}");
    let name = request.split(['<', '>', ' ', '/']).nth(1).expect("a name");
    let begin = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <soapenv:Body><{name}Response xmlns:ns=\"{VERSION}\">"
    );
    let end = format!("</{name}Response></soapenv:Body></soapenv:Envelope>");
    let inside = text.strip_prefix(&begin).and_then(|t| t.strip_suffix(&end));
    inside.unwrap_or_else(|| panic!("{text}")).to_owned()
}

/// Whose fault it was, its number, and what was said.
fn fault(office: &Office, request: &str) -> (String, String, String) {
    let answer = ask(office, request);
    let text = answer.text();
    assert_eq!(answer.status, 500, "{request}: {text}");
    let between = |begin: &str, end: &str| {
        let rest = text.split_once(begin).map(|(_, rest)| rest);
        let inside = rest.and_then(|rest| rest.split_once(end));
        inside
            .unwrap_or_else(|| panic!("no {begin} in {text}"))
            .0
            .to_owned()
    };
    let said = between("<faultstring>", "</faultstring>");
    assert_eq!(said, between("<axlmessage>", "</axlmessage>"));
    (
        between("<faultcode>soapenv:", "</faultcode>"),
        between("<axlcode>", "</axlcode>"),
        said,
    )
}

fn log_in(phone: &str, user: &str, duration: &str, profile: &str) -> String {
    format!(
        "<ns:doDeviceLogin sequence=\"1\"><deviceName>{phone}</deviceName><loginDuration>{duration}</loginDuration>\
         <profileName>{profile}</profileName><userId>{user}</userId></ns:doDeviceLogin>"
    )
}

fn log_out(phone: &str) -> String {
    format!("<ns:doDeviceLogout><deviceName>{phone}</deviceName></ns:doDeviceLogout>")
}

pub fn sql(question: &str) -> String {
    format!("<ns:executeSQLQuery><sql>{question}</sql></ns:executeSQLQuery>")
}

/// The value of the attribute `uuid` that comes first.
fn uuid(text: &str) -> String {
    let rest = text.split_once("uuid=\"").expect("an identifier").1;
    rest.split_once('"').expect("its end").0.to_owned()
}

/// rules: ADM-1, SES-5
#[test]
fn a_program_logs_somebody_in_by_axl_and_asks_who_is_where() {
    let office = Office::open();
    let done = "<return>true</return>";
    assert_eq!(
        returned(&office, &log_in(PHONES[0], "alice", "0", "chief")),
        done
    );
    assert_eq!(office.who(), [at("alice", 0)]);
    let who = "SELECT d.name, e.userid, p.name profile, m.loginduration FROM extensionmobilitydynamic m, device d, \
               device p, enduser e WHERE m.fkdevice = d.pkid AND m.fkenduser = e.pkid AND m.fkdevice_currentloginprofile = p.pkid";
    assert_eq!(
        returned(&office, &sql(who)),
        "<return><row><name>SEP0011AA000001</name><userid>alice</userid><profile>chief</profile>\
         <loginduration>0</loginduration></row></return>"
    );
    let tags = "<returnedTags><loginUserId/><currentProfileName/><enableExtensionMobility/><devicePoolName/><name/>\
                <unheardOf/></returnedTags>";
    let phone = returned(
        &office,
        &format!(
            "<ns:getPhone><name>{}</name>{tags}</ns:getPhone>",
            PHONES[0]
        ),
    );
    let id = uuid(&phone);
    let profile = uuid(
        phone
            .split_once("<currentProfileName")
            .expect("it is there")
            .1,
    );
    assert_eq!(
        phone,
        format!(
            "<return><phone uuid=\"{id}\"><name>SEP0011AA000001</name><devicePoolName/><loginUserId>alice</loginUserId>\
             <enableExtensionMobility>true</enableExtensionMobility>\
             <currentProfileName uuid=\"{profile}\">chief</currentProfileName></phone></return>"
        )
    );
    let by_id = format!("<ns:getPhone><uuid>{id}</uuid>{tags}</ns:getPhone>");
    assert_eq!(returned(&office, &by_id), phone);
    let lines = format!(
        "<ns:getPhone><name>{}</name><returnedTags><lines/></returnedTags></ns:getPhone>",
        PHONES[0]
    );
    let lines = returned(&office, &lines);
    assert!(lines.contains("<pattern>2001</pattern>"), "{lines}");
    let out = format!("<ns:doDeviceLogout><deviceName uuid=\"{id}\"/></ns:doDeviceLogout>");
    assert_eq!(returned(&office, &out), done);
    assert_eq!(office.who(), []);
    assert_eq!(returned(&office, &sql(who)), "<return></return>");
    let with_profile = log_in(PHONES[0], "alice", "3600", "").replace(
        "<profileName></profileName>",
        &format!("<profileName uuid=\"{profile}\"/>"),
    );
    assert_eq!(returned(&office, &with_profile), done);
    let next = office.server.json(&["who"])[0]["next_logout_cause"].clone();
    assert!(next.to_string().contains("duration"), "{next}");
}

#[test]
fn phones_and_users_are_listed_by_pattern_and_in_parts() {
    let office = Office::open();
    returned(&office, &log_in(PHONES[1], "bob", "0", ""));
    let list = |criteria: &str, more: &str| {
        let request = format!(
            "<ns:listPhone><searchCriteria>{criteria}</searchCriteria><returnedTags><name/><description/><loginUserId/>\
             </returnedTags>{more}</ns:listPhone>"
        );
        let text = returned(&office, &request);
        let mut plain = text.replace("<return>", "").replace("</return>", "");
        while let Some(at) = plain.find(" uuid=\"") {
            plain.replace_range(at..at + 7 + 38 + 1, "");
        }
        plain
    };
    let phone = |number, description, user| {
        let user = match user {
            "" => "<loginUserId/>".to_owned(),
            user => format!("<loginUserId>{user}</loginUserId>"),
        };
        format!(
            "<phone><name>SEP0011AA00000{number}</name><description>{description}</description>{user}</phone>"
        )
    };
    let (one, two, three) = (phone(1, "", ""), phone(2, "Hall", "bob"), phone(3, "", ""));
    assert_eq!(list("<name>sep%</name>", ""), format!("{one}{two}{three}"));
    assert_eq!(
        list("<name>%</name>", "<skip>1</skip><first>1</first>"),
        two
    );
    assert_eq!(list("<name>%</name>", "<skip>3</skip>"), "");
    assert_eq!(list("<description>h%</description>", ""), two);
    assert_eq!(list("<protocol>SCCP</protocol>", ""), "");
    assert_eq!(list("<devicePoolName>x</devicePoolName>", ""), "");
    let users = "<ns:listUser><searchCriteria><userid>%b</userid></searchCriteria><returnedTags><userid/><lastName/>\
                 <primaryExtension/></returnedTags></ns:listUser>";
    let users = returned(&office, users);
    assert_eq!(
        users,
        format!(
            "<return><user uuid=\"{}\"><lastName>Bob</lastName><userid>bob</userid><primaryExtension>\
             <pattern>2002</pattern><routePartitionName/></primaryExtension></user></return>",
            uuid(&users)
        )
    );
    let alice = returned(
        &office,
        "<ns:getUser><userid>alice</userid><returnedTags><phoneProfiles/></returnedTags></ns:getUser>",
    );
    assert!(
        alice.contains(">clerk</profileName>") && alice.contains(">chief</profileName>"),
        "{alice}"
    );
    let version = "<ns:getCCMVersion/>";
    assert_eq!(
        returned(&office, version),
        "<return><componentVersion><version>11.5.1.10000-1</version></componentVersion></return>"
    );
}

#[test]
fn what_cannot_be_done_is_a_fault_that_says_why() {
    let office = Office::open();
    let why = |request: &str| fault(&office, request);
    let said =
        |who: &str, code: &str, text: &str| (who.to_owned(), code.to_owned(), text.to_owned());
    let not_found = |what: &str| {
        let text = format!("Item not valid: The specified {what} was not found");
        said("Client", "5007", &text)
    };
    assert_eq!(why(&log_in("SEP0", "bob", "0", "")), not_found("Phone"));
    assert_eq!(why(&log_in(PHONES[0], "zoe", "0", "")), not_found("User"));
    assert_eq!(
        why(&log_in(PHONES[0], "bob", "0", "chief")),
        not_found("DeviceProfile")
    );
    assert_eq!(
        why("<ns:getPhone><name>x</name></ns:getPhone>"),
        not_found("Phone")
    );
    assert_eq!(
        why("<ns:getUser><userid>x</userid></ns:getUser>"),
        not_found("User")
    );
    assert_eq!(
        why(&log_out(PHONES[0])),
        said("Server", "19", "No user logged in (19)")
    );
    assert_eq!(
        why(&log_in("SEP0011AA000003", "bob", "0", "")),
        said("Server", "22", "Dev. logon disabled (22)")
    );
    let (_, _, text) = why("<ns:addPhone><phone/></ns:addPhone>");
    assert!(
        text.starts_with("addphone is not offered here; these are: doDeviceLogin, "),
        "{text}"
    );
    let (_, _, text) = why(&sql("select * from credential"));
    assert!(
        text.starts_with("There is no table credential here"),
        "{text}"
    );
    let (_, _, text) = why(&log_in(PHONES[0], "bob", "soon", ""));
    assert!(text.starts_with("loginDuration is a number"), "{text}");
    let bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>";
    let answer = send(&office, &post(TOOL, bomb));
    assert!(answer.status == 500 && answer.text().contains("This is not XML"));
    let long = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
    let answer = send(&office, &post(TOOL, &envelope(&long)));
    assert!(answer.status == 500 && answer.text().contains("or too much"));
    let reset = |phone: &str, hard: &str| {
        format!("<ns:doDeviceReset><deviceName>{phone}</deviceName>{hard}</ns:doDeviceReset>")
    };
    let hard = "<isHardReset>true</isHardReset>";
    assert_eq!(
        returned(&office, &reset(PHONES[0], hard)),
        "<return>true</return>"
    );
    let soft = "<deviceResetType>Restart</deviceResetType>";
    assert_eq!(
        returned(&office, &reset(PHONES[0], soft)),
        "<return>true</return>"
    );
    assert_eq!(
        why(&reset("SEP0011AA000003", hard)),
        said("Server", "-1", "SEP0011AA000003 is not registered")
    );
    assert_eq!(why(&reset("SEP0", hard)), not_found("Phone"));
    let (_, _, text) = why(&reset(PHONES[0], ""));
    assert_eq!(text, "isHardReset is missing, and needed");
    assert_eq!(office.who(), []);
}

/// rules: SES-8
#[test]
fn only_programs_with_the_right_are_let_in_and_unknown_ones_look_like_wrong_ones() {
    let office = Office::open();
    let get = |who| send(&office, &head("GET", who, "Connection: close\r\n\r\n"));
    assert_eq!(
        get(TOOL).status,
        200,
        "a library looks whether it is let in"
    );
    assert_eq!(get(RECEPTION).status, 403);
    let unknown = get(NOBODY);
    assert_eq!(unknown.status, 401);
    assert!(
        unknown
            .header("www-authenticate")
            .is_some_and(|said| said.starts_with("Basic "))
    );
    for who in ["", WRONG, "????"] {
        let answer = get(who);
        assert_eq!((answer.status, &answer.body), (401, &unknown.body));
        assert_eq!(answer.headers.len(), unknown.headers.len());
    }
    let request = envelope(&log_in(PHONES[0], "bob", "0", ""));
    assert_eq!(send(&office, &post(NOBODY, &request)).status, 401);
    assert_eq!(send(&office, &post(RECEPTION, &request)).status, 403);
    // The lock of this site is at five.
    for _ in 0..4 {
        assert_eq!(get(WRONG).status, 401);
    }
    assert_eq!(get(TOOL).status, 401, "it guessed too often");
    assert_eq!(office.who(), []);
    let plain = office.browser(0, "");
    let answer = plain.say(&post(TOOL, &request));
    assert_eq!(answer.status, 403, "passwords are not to be heard");
}

#[test]
fn where_axl_is_spoken_can_be_set() {
    let request = envelope("<ns:getCCMVersion/>");
    let open = Office::with("[pages]\naxl = \"http-too\"\n", "");
    let answer = open.browser(0, "").say(&post(TOOL, &request));
    assert_eq!(answer.status, 200);
    let closed = Office::with("[pages]\naxl = \"off\"\n", "");
    assert_eq!(send(&closed, &post(TOOL, &request)).status, 404);
}

#[test]
fn a_program_keeps_its_connection_and_a_phone_does_not() {
    let office = Office::open();
    let tcp = office.browser(0, "").connect();
    let mut tls = wire_phone::tls(
        crate::phone_browser::Browser {
            server: office.pages_tls(),
            ..office.browser(0, "")
        }
        .connect(),
        office.pages_tls(),
    );
    drop(tcp);
    let body = envelope("<ns:getCCMVersion/>");
    let request = post(TOOL, &body).replace("Connection: close\r\n", "");
    for _ in 0..3 {
        tls.write_all(request.as_bytes()).expect("it is kept");
        let mut heard = Vec::new();
        while !heard.ends_with(b"</soapenv:Envelope>") {
            let mut some = [0; 4096];
            let count = tls.read(&mut some).expect("it is kept");
            assert!(count > 0, "{}", String::from_utf8_lossy(&heard));
            heard.extend_from_slice(&some[..count]);
        }
        assert!(heard.starts_with(b"HTTP/1.1 200 "));
    }
    let mut phone = office.browser(0, "").connect();
    let page = format!(
        "GET /emapp/EMAppServlet?device={} HTTP/1.1\r\nHost: perch\r\n\r\n",
        PHONES[0]
    );
    let answer = read_answer(&mut phone, page.as_bytes());
    assert_eq!(answer.header("connection"), Some("close"));
}
