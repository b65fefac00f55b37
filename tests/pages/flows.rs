//! The call flows of a CallManager's Extension Mobility, step by step, with what goes over the wire.
//!
//! There an application speaks to the phone, and asks a service by XML over HTTP. Perch is both, so what they say to one
//! another is no traffic; an application of somebody else's can do the same with the service, and does it here.

use expect_test::{Expect, expect};

use crate::desk::{DESKS, Desk, OLD_DESK, there};
use crate::emapi::{RECEPTION, app, ask};
use crate::office::Office;
use crate::phone_browser::Page;

/// What is said, step by step.
struct Flow<'a> {
    office: &'a Office,
    told: String,
}

impl Flow<'_> {
    fn of(office: &Office) -> Flow<'_> {
        Flow {
            office,
            told: String::new(),
        }
    }

    /// A step, in words.
    fn step(&mut self, number: &str, words: &str) {
        self.told += &format!("{number}. {words}\n");
    }

    fn line(&mut self, mark: char, text: &str) {
        // Which ports were free, and what was drawn by lot, is of no interest.
        let pages = self.office.pages().to_string();
        let mut text = text.replace(&pages, "perch:8080");
        if let Some((before, rest)) = text.clone().split_once("token=") {
            let token: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
            text = text.replace(&token, "TOKEN");
            assert_eq!(token.len(), 32, "{before}");
        }
        for line in text.trim_end().lines() {
            let line = format!("   {mark} {line}");
            self.told += &format!("{}\n", line.trim_end());
        }
    }

    /// The phone asks for a page.
    fn asks(&mut self, url: &str) {
        self.line('>', &format!("GET {url}"));
    }

    /// A page comes back.
    fn shows(&mut self, page: &Page) {
        let text = page.answer.text();
        let (_, object) = text.split_once("?>\n").expect("a declaration");
        self.line('<', object);
        if let Some(refresh) = page.refresh() {
            self.line('<', &format!("Refresh: {refresh}"));
        }
    }

    /// An application asks the service.
    fn application(&mut self, xml: &str) -> String {
        self.line('>', &format!("POST /emservice/EMServiceServlet xml={xml}"));
        let answer = ask(self.office, xml);
        self.line('<', &answer);
        answer
    }

    fn query(&mut self, task: &str) -> String {
        self.application(&format!("<query>{}{task}</query>", app(RECEPTION)))
    }

    fn request(&mut self, task: &str) -> String {
        self.application(&format!("<request>{}{task}</request>", app(RECEPTION)))
    }

    /// What the phone has become.
    fn becomes(&mut self, desk: &Desk<'_>, buttons: &[&str]) {
        desk.phone.has_buttons(buttons);
        self.line('=', &buttons.join(" | "));
    }

    fn is(&self, expected: &Expect) {
        expected.assert_eq(&self.told);
    }
}

/// Who is at the 7960.
fn who_is_there() -> String {
    format!("<deviceUserQuery><deviceName>{OLD_DESK}</deviceName></deviceUserQuery>")
}

/// What Dora's phone shows.
const HERS: [&str; 3] = [
    "line 2004 Dora",
    "speed dial 2002 Bob",
    "speed dial 2001 Alice",
];

/// The address to which a phone sends a form, with what was typed.
fn typed(form: &Page, user: &str, pin: &str) -> String {
    format!("{}&userid={user}&seq={pin}", form.object.child("URL").text)
}

/// rules: SES-1, SES-5, SES-8
#[test]
fn the_login_call_flow() {
    let office = Office::with("", DESKS);
    let desk = Desk::old(&office);
    let mut flow = Flow::of(&office);
    flow.step("1", "The Services key leads to the application.");
    flow.asks(desk.booted.services());
    let form = desk.services();
    flow.step(
        "2",
        "Nobody is at the phone: so says the service whoever asks it.",
    );
    flow.query(&who_is_there());
    flow.step("3", "Hence the application asks for user and PIN.");
    flow.shows(&form);
    flow.step("4", "The phone sends both; the PIN is a wrong one.");
    let wrong = typed(&form, "dora", "1234");
    flow.asks(&wrong);
    flow.step("5", "That is all that it is told.");
    flow.shows(&desk.browser.go(&wrong));
    flow.step("4", "Once more, with the right one.");
    let right = typed(&form, "dora", "4444");
    flow.asks(&right);
    let menu = desk.browser.go(&right);
    flow.step("6", "She has two profiles; the phone lets her choose.");
    let profiles = "<userDeviceProfileQuery><userID>dora</userID></userDeviceProfileQuery>";
    flow.query(profiles);
    flow.shows(&menu);
    flow.step(
        "7 to 9",
        "She chooses the first. The login is the core's, and stored.",
    );
    let item = menu.object.children("MenuItem").next().expect("an item");
    let url = item.child("URL").text.clone();
    flow.asks(&url);
    let done = desk.browser.go(&url);
    flow.query(&who_is_there());
    flow.step("10", "The phone says so, and becomes hers.");
    flow.shows(&done);
    flow.becomes(&desk, &HERS);
    assert_eq!(office.who(), [there("dora", OLD_DESK)]);
    flow.is(&expect![[r#"
        1. The Services key leads to the application.
           > GET http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1
        2. Nobody is at the phone: so says the service whoever asks it.
           > POST /emservice/EMServiceServlet xml=<query><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><deviceUserQuery><deviceName>SEP0011AA0000A1</deviceName></deviceUserQuery></query>
           < <response><deviceUserResults><device name="SEP0011AA0000A1"><none/></device></deviceUserResults></response>
        3. Hence the application asks for user and PIN.
           < <CiscoIPPhoneInput>
           < <Title>Extension Mobility</Title>
           < <Prompt>Enter user ID and PIN</Prompt>
           < <URL>http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1</URL>
           < <InputItem>
           < <DisplayName>User ID</DisplayName>
           < <QueryStringParam>userid</QueryStringParam>
           < <DefaultValue></DefaultValue>
           < <InputFlags>A</InputFlags>
           < </InputItem>
           < <InputItem>
           < <DisplayName>PIN</DisplayName>
           < <QueryStringParam>seq</QueryStringParam>
           < <DefaultValue></DefaultValue>
           < <InputFlags>NP</InputFlags>
           < </InputItem>
           < <SoftKeyItem>
           < <Name>Submit</Name>
           < <URL>SoftKey:Submit</URL>
           < <Position>1</Position>
           < </SoftKeyItem>
           < <SoftKeyItem>
           < <Name>&lt;&lt;</Name>
           < <URL>SoftKey:&lt;&lt;</URL>
           < <Position>2</Position>
           < </SoftKeyItem>
           < <SoftKeyItem>
           < <Name>Exit</Name>
           < <URL>SoftKey:Exit</URL>
           < <Position>3</Position>
           < </SoftKeyItem>
           < </CiscoIPPhoneInput>
        4. The phone sends both; the PIN is a wrong one.
           > GET http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1&userid=dora&seq=1234
        5. That is all that it is told.
           < <CiscoIPPhoneText>
           < <Title>Extension Mobility</Title>
           < <Prompt>Extension Mobility</Prompt>
           < <Text>Please try to login again (201)</Text>
           < <SoftKeyItem>
           < <Name>Exit</Name>
           < <URL>SoftKey:Exit</URL>
           < <Position>3</Position>
           < </SoftKeyItem>
           < </CiscoIPPhoneText>
        4. Once more, with the right one.
           > GET http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1&userid=dora&seq=4444
        6. She has two profiles; the phone lets her choose.
           > POST /emservice/EMServiceServlet xml=<query><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><userDeviceProfileQuery><userID>dora</userID></userDeviceProfileQuery></query>
           < <response><deviceProfileResults><user id="dora"><deviceProfile><deviceProfileName>inside</deviceProfileName><isDefaultDeviceProfile>true</isDefaultDeviceProfile></deviceProfile><deviceProfile><deviceProfileName>outside</deviceProfileName><isDefaultDeviceProfile>false</isDefaultDeviceProfile></deviceProfile></user></deviceProfileResults></response>
           < <CiscoIPPhoneMenu>
           < <Title>Choose a profile</Title>
           < <Prompt>Which of your profiles?</Prompt>
           < <MenuItem>
           < <Name>inside</Name>
           < <URL>http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1&amp;token=TOKEN&amp;choice=0</URL>
           < </MenuItem>
           < <MenuItem>
           < <Name>outside</Name>
           < <URL>http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1&amp;token=TOKEN&amp;choice=1</URL>
           < </MenuItem>
           < <SoftKeyItem>
           < <Name>Select</Name>
           < <URL>SoftKey:Select</URL>
           < <Position>1</Position>
           < </SoftKeyItem>
           < <SoftKeyItem>
           < <Name>Exit</Name>
           < <URL>SoftKey:Exit</URL>
           < <Position>3</Position>
           < </SoftKeyItem>
           < </CiscoIPPhoneMenu>
        7 to 9. She chooses the first. The login is the core's, and stored.
           > GET http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1&token=TOKEN&choice=0
           > POST /emservice/EMServiceServlet xml=<query><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><deviceUserQuery><deviceName>SEP0011AA0000A1</deviceName></deviceUserQuery></query>
           < <response><deviceUserResults><device name="SEP0011AA0000A1"><userID>dora</userID><none/></device></deviceUserResults></response>
        10. The phone says so, and becomes hers.
           < <CiscoIPPhoneText>
           < <Title>Extension Mobility</Title>
           < <Prompt>Extension Mobility</Prompt>
           < <Text>Login successful.</Text>
           < <SoftKeyItem>
           < <Name>Exit</Name>
           < <URL>SoftKey:Exit</URL>
           < <Position>3</Position>
           < </SoftKeyItem>
           < </CiscoIPPhoneText>
           < Refresh: 3; url=Init:Services
           = line 2004 Dora | speed dial 2002 Bob | speed dial 2001 Alice
    "#]]);
}

/// rules: SES-1, SES-3, SES-9
#[test]
fn the_logout_call_flow() {
    let office = Office::with("", DESKS);
    let desk = Desk::old(&office);
    desk.dora_logs_in("inside");
    desk.phone.has_buttons(&HERS);
    let mut flow = Flow::of(&office);
    flow.step("1", "The Services key leads to the application.");
    flow.asks(desk.booted.services());
    let question = desk.services();
    flow.step(
        "2 and 3",
        "Dora is at the phone: so says the service whoever asks it.",
    );
    flow.query(&who_is_there());
    flow.step(
        "4",
        "Hence the application asks whether she wants to leave.",
    );
    flow.shows(&question);
    flow.step("5 to 8", "Yes. The logout is the core's, and stored.");
    let yes = question.key("Yes");
    flow.asks(&yes);
    let done = desk.browser.go(&yes);
    flow.query(&who_is_there());
    flow.step("9", "The phone says so.");
    flow.shows(&done);
    flow.step("10", "It is what it was before.");
    flow.becomes(&desk, &["line 9061 Guest"]);
    assert_eq!(office.who(), []);
    flow.is(&expect![[r#"
        1. The Services key leads to the application.
           > GET http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1
        2 and 3. Dora is at the phone: so says the service whoever asks it.
           > POST /emservice/EMServiceServlet xml=<query><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><deviceUserQuery><deviceName>SEP0011AA0000A1</deviceName></deviceUserQuery></query>
           < <response><deviceUserResults><device name="SEP0011AA0000A1"><userID>dora</userID><none/></device></deviceUserResults></response>
        4. Hence the application asks whether she wants to leave.
           < <CiscoIPPhoneText>
           < <Title>Logged in here</Title>
           < <Prompt>Log out?</Prompt>
           < <Text>dora is logged in at this phone.
           <
           < Do you want to log out?</Text>
           < <SoftKeyItem>
           < <Name>Yes</Name>
           < <URL>http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1&amp;doLogout=true</URL>
           < <Position>1</Position>
           < </SoftKeyItem>
           < <SoftKeyItem>
           < <Name>No</Name>
           < <URL>SoftKey:Exit</URL>
           < <Position>2</Position>
           < </SoftKeyItem>
           < <SoftKeyItem>
           < <Name>Other</Name>
           < <URL>http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1&amp;form=true</URL>
           < <Position>3</Position>
           < </SoftKeyItem>
           < <SoftKeyItem>
           < <Name>More</Name>
           < <URL>http://perch:8080/ccmcip/getservicesmenu.jsp?device=SEP0011AA0000A1</URL>
           < <Position>4</Position>
           < </SoftKeyItem>
           < </CiscoIPPhoneText>
        5 to 8. Yes. The logout is the core's, and stored.
           > GET http://perch:8080/emapp/EMAppServlet?device=SEP0011AA0000A1&doLogout=true
           > POST /emservice/EMServiceServlet xml=<query><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><deviceUserQuery><deviceName>SEP0011AA0000A1</deviceName></deviceUserQuery></query>
           < <response><deviceUserResults><device name="SEP0011AA0000A1"><none/></device></deviceUserResults></response>
        9. The phone says so.
           < <CiscoIPPhoneText>
           < <Title>Extension Mobility</Title>
           < <Prompt>Extension Mobility</Prompt>
           < <Text>Logout successful.</Text>
           < <SoftKeyItem>
           < <Name>Exit</Name>
           < <URL>SoftKey:Exit</URL>
           < <Position>3</Position>
           < </SoftKeyItem>
           < </CiscoIPPhoneText>
           < Refresh: 3; url=Init:Services
        10. It is what it was before.
           = line 9061 Guest
    "#]]);
}

/// rules: ADM-1, SES-1, SES-5
#[test]
fn an_application_of_somebody_elses_follows_the_same_flows() {
    let office = Office::with("", DESKS);
    let desk = Desk::old(&office);
    let mut flow = Flow::of(&office);
    flow.step("Login 2", "It asks who is at the phone.");
    flow.query(&who_is_there());
    flow.step(
        "Login 4 to 6",
        "It knows by itself who she is, and asks for her profiles.",
    );
    flow.query("<userDeviceProfileQuery><userID>dora</userID></userDeviceProfileQuery>");
    flow.step("Login 7 to 9", "It logs her in.");
    flow.request(&format!(
        "<login><deviceName>{OLD_DESK}</deviceName><userID>dora</userID><deviceProfile>inside</deviceProfile>\
         <exclusiveDuration><time>3600</time></exclusiveDuration></login>"
    ));
    flow.step("Login 10", "The phone becomes hers.");
    flow.becomes(&desk, &HERS);
    flow.step("Logout 2 and 3", "It asks who is at the phone.");
    flow.query(&who_is_there());
    flow.step("Logout 5 to 7", "It logs her out.");
    flow.request(&format!(
        "<logout><deviceName>{OLD_DESK}</deviceName></logout>"
    ));
    flow.step("Logout 10", "The phone is what it was before.");
    flow.becomes(&desk, &["line 9061 Guest"]);
    flow.step(
        "Logout 7",
        "Once more: there is nobody to log out, and the service says so.",
    );
    flow.request(&format!(
        "<logout><deviceName>{OLD_DESK}</deviceName></logout>"
    ));
    flow.is(&expect![[r#"
        Login 2. It asks who is at the phone.
           > POST /emservice/EMServiceServlet xml=<query><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><deviceUserQuery><deviceName>SEP0011AA0000A1</deviceName></deviceUserQuery></query>
           < <response><deviceUserResults><device name="SEP0011AA0000A1"><none/></device></deviceUserResults></response>
        Login 4 to 6. It knows by itself who she is, and asks for her profiles.
           > POST /emservice/EMServiceServlet xml=<query><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><userDeviceProfileQuery><userID>dora</userID></userDeviceProfileQuery></query>
           < <response><deviceProfileResults><user id="dora"><deviceProfile><deviceProfileName>inside</deviceProfileName><isDefaultDeviceProfile>true</isDefaultDeviceProfile></deviceProfile><deviceProfile><deviceProfileName>outside</deviceProfileName><isDefaultDeviceProfile>false</isDefaultDeviceProfile></deviceProfile></user></deviceProfileResults></response>
        Login 7 to 9. It logs her in.
           > POST /emservice/EMServiceServlet xml=<request><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><login><deviceName>SEP0011AA0000A1</deviceName><userID>dora</userID><deviceProfile>inside</deviceProfile><exclusiveDuration><time>3600</time></exclusiveDuration></login></request>
           < <response><success/></response>
        Login 10. The phone becomes hers.
           = line 2004 Dora | speed dial 2002 Bob | speed dial 2001 Alice
        Logout 2 and 3. It asks who is at the phone.
           > POST /emservice/EMServiceServlet xml=<query><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><deviceUserQuery><deviceName>SEP0011AA0000A1</deviceName></deviceUserQuery></query>
           < <response><deviceUserResults><device name="SEP0011AA0000A1"><userID>dora</userID><none/></device></deviceUserResults></response>
        Logout 5 to 7. It logs her out.
           > POST /emservice/EMServiceServlet xml=<request><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><logout><deviceName>SEP0011AA0000A1</deviceName></logout></request>
           < <response><success/></response>
        Logout 10. The phone is what it was before.
           = line 9061 Guest
        Logout 7. Once more: there is nobody to log out, and the service says so.
           > POST /emservice/EMServiceServlet xml=<request><appInfo><appID>reception</appID><appCertificate>open sesame</appCertificate></appInfo><logout><deviceName>SEP0011AA0000A1</deviceName></logout></request>
           < <response><failure><error code="19">No user logged in</error></failure></response>
    "#]]);
}
