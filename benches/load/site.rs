//! The site that the played phones and users are in.

use std::fmt::Write as _;

use perch::site::{Hashing, hash_pin};

use crate::arguments::Site;

/// The number of the first user, and of the first phone while it is nobody's.
pub const FIRST_USER: u32 = 600_000;
pub const FIRST_GUEST: u32 = 700_000;

/// Every user's PIN.
pub const PIN: &str = "1234";

/// A program that may log everybody in and out.
pub const PROGRAM: (&str, &str) = ("load", "load-secret");

/// What phones authenticate in.
pub const REALM: &str = "perch";

/// The site as a file.
pub fn text(site: &Site) -> String {
    let mut text = people(site, "");
    for phone in 0..site.phones {
        let password = format!("password = \"{}\"", password(phone));
        add_phone(&mut text, phone, &format!("p{phone}"), &password);
    }
    text
}

/// All of the site but its phones. Users' profile has more lines.
pub fn people(site: &Site, profile: &str) -> String {
    // One hash for all: hashing is the administrator's wait, not what is measured.
    let pin = hash_pin(PIN, &Hashing::default());
    let mut text = String::from("[site]\nname = \"load\"\nsecond_login = \"move\"\n");
    let mut add = |line: std::fmt::Arguments<'_>| {
        text.write_fmt(line).expect("a String takes everything");
    };
    add(format_args!("logouts_per_s = {}\n", site.pace));
    if let Some(time) = &site.logout_time {
        add(format_args!("logout_times = [\"{time}\"]\n"));
    }
    add(format_args!(
        "[class_of_service.all]\ncall_guests = true\ncall_users = true\nlogin = true\n\
         [logout_profile.guest]\nclass = \"all\"\ndisplay_name = \"Guest\"\n\
         [user_profile.clerk]\nclass = \"all\"\nidle_limit_min = 30\n{profile}\n"
    ));
    let (program, password) = PROGRAM;
    add(format_args!(
        "[app_user.{program}]\npassword = \"{password}\"\nproxy = true\n"
    ));
    for user in 0..site.users {
        let dn = FIRST_USER + user;
        add(format_args!(
            "[user.u{user}]\ndn = \"{dn}\"\ndisplay_name = \"User {user}\"\npin_hash = \"{}\"\nprofiles = [\"clerk\"]\n",
            pin.0
        ));
    }
    text
}

/// One more phone, with what is particular about it.
pub fn add_phone(text: &mut String, number: u32, name: &str, particular: &str) {
    let dn = FIRST_GUEST + number;
    let line = format_args!(
        "[phone.{name}]\nlogout_profile = \"guest\"\nguest_dn = \"{dn}\"\n{particular}\n"
    );
    text.write_fmt(line).expect("a String takes everything");
}

/// A phone's password.
pub fn password(phone: u32) -> String {
    format!("secret-{phone}")
}
