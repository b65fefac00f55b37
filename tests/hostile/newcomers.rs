//! Phones that the site does not name: turned away, unless it says that they may come.

use std::fs;
use std::net::Ipv4Addr;

use perch::sccp::wire::{LineStatReq, ToPhone};
use tempfile::TempDir;

use crate::built_server::{Perch, wait_until};
use crate::intruder::SOON;
use crate::station::{KINDS, PLAIN, Station};

const SITE: &str = "[site]\nname = \"newcomers\"\n\
    [class_of_service.all]\ncall_guests = true\nlogin = true\n\
    [logout_profile.guest]\nclass = \"all\"\ndisplay_name = \"Guest\"\n";

const AUTO: &str = "[auto_registration]\nnumbers = \"9500-9502\"\nlogout_profile = \"guest\"\nnetworks = [\"127.0.0.64/26\"]\n";

const INSIDE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 6);

struct Office {
    server: Perch,
    dir: TempDir,
}

impl Office {
    fn new() -> Office {
        let dir = TempDir::new().expect("there is room for temporary files");
        let server = Perch::with_settings(dir.path(), "");
        Office { server, dir }
    }

    /// Applies a site file. What the server says that changes.
    fn apply(&self, site: &str) -> String {
        let file = self.dir.path().join("site.toml");
        fs::write(&file, site).expect("the directory is ours");
        self.server.tell(&["apply", &file.display().to_string()])
    }

    fn phone(&self, host: Ipv4Addr, name: &str) -> Station {
        let server = self.server.at(Ipv4Addr::LOCALHOST.into(), PLAIN);
        Station::at(host, name, &KINDS[0], server)
    }

    /// The number that a phone is given, or why it is not.
    fn comes(&self, host: Ipv4Addr, name: &str) -> Result<(Station, String), String> {
        let mut phone = self.phone(host, name);
        if let ToPhone::RegisterReject(reject) = phone.asks_to_register().expect("an answer") {
            assert!(phone.is_ended(), "it is hung up on");
            return Err(reject.text.literal);
        }
        phone.say(LineStatReq { line: 1 }).expect("it is read");
        match phone.expect("LineStat").expect("an answer") {
            ToPhone::LineStat(line) => Ok((phone, line.number)),
            other => panic!("{other:?}"),
        }
    }
}

fn name(n: u8) -> String {
    format!("SEP00AABBCCDD{n:02}")
}

#[test]
fn phones_that_nobody_named_come_only_if_the_site_says_so() {
    let mut office = Office::new();
    let unknown = Err("This phone is not known here".to_owned());
    let number =
        |office: &Office, host, name: &str| office.comes(host, name).map(|(_, number)| number);
    office.apply(SITE);
    assert_eq!(number(&office, INSIDE, &name(1)), unknown);
    office.apply(&format!("{SITE}{AUTO}"));
    assert_eq!(
        number(&office, OUTSIDE, &name(1)),
        Err("Not allowed from this network".into())
    );
    assert_eq!(number(&office, INSIDE, "desk-1"), unknown);
    // Numbers are given in order, and kept.
    assert_eq!(number(&office, INSIDE, &name(1)), Ok("9500".into()));
    assert_eq!(number(&office, INSIDE, &name(2)), Ok("9501".into()));
    assert_eq!(number(&office, INSIDE, &name(1)), Ok("9500".into()));
    office.server.kill();
    office.server.start_again();
    assert_eq!(number(&office, OUTSIDE, &name(2)), Ok("9501".into()));
    assert_eq!(number(&office, INSIDE, &name(3)), Ok("9502".into()));
    assert_eq!(
        number(&office, INSIDE, &name(4)),
        Err("No number is free for it".into())
    );
    let explained = office.server.tell(&["explain", &name(2)]);
    assert!(
        explained.contains("came by itself") && explained.contains("9501"),
        "{explained}"
    );
}

#[test]
fn the_next_site_file_keeps_them_names_them_or_sends_them_away() {
    let office = Office::new();
    let with_auto = format!("{SITE}{AUTO}");
    office.apply(&with_auto);
    let (mut first, _) = office.comes(INSIDE, &name(1)).expect("it may come");
    let (mut second, _) = office.comes(INSIDE, &name(2)).expect("it may come");
    // The same file again: nothing changes.
    let said = office.apply(&with_auto);
    assert!(said.contains("Nothing to do"), "{said}");
    first.is_there().expect("it stays");
    // One gets a name of its own there, and another number.
    let named = format!(
        "{with_auto}[phone.{}]\nlogout_profile = \"guest\"\nguest_dn = \"9700\"\nmodel = \"7960\"\n",
        name(1)
    );
    office.apply(&named);
    let becomes = |number: &str| {
        let phone = office.comes(INSIDE, &name(1));
        phone.is_ok_and(|(_, given)| given == number)
    };
    wait_until("it is what the file says", SOON, || becomes("9700"));
    second.is_there().expect("it stays");
    // Nobody may come any more: those who came go.
    office.apply(SITE);
    assert!(second.is_ended(), "it is sent away");
    let unknown = office.comes(INSIDE, &name(2)).map(drop);
    assert_eq!(unknown, Err("This phone is not known here".into()));
}

/// Many at once, and somebody who applies a site in between: each gets a number of its own.
#[test]
fn those_who_come_together_get_numbers_of_their_own() {
    let office = Office::new();
    let wide = AUTO.replace("9502", "9599");
    office.apply(&format!("{SITE}{wide}"));
    let mut phones: Vec<Station> = (0..50).map(|n| office.phone(INSIDE, &name(n))).collect();
    for phone in &mut phones {
        let registration = phone.registration();
        phone.say(registration).expect("it is read");
    }
    office.apply(&format!(
        "{SITE}{wide}[logout_profile.hall]\nclass = \"all\"\ndisplay_name = \"Hall\"\n"
    ));
    let mut numbers: Vec<String> = Vec::new();
    for phone in &mut phones {
        phone.expect("RegisterAck").expect("it may come");
        phone.say(LineStatReq { line: 1 }).expect("it is read");
        if let ToPhone::LineStat(line) = phone.expect("LineStat").expect("an answer") {
            numbers.push(line.number);
        }
    }
    numbers.sort();
    let expected: Vec<String> = (9500..9550).map(|n| n.to_string()).collect();
    assert_eq!(numbers, expected);
}
