//! Who works in an office whose phones show pages, and which programs ask there.

/// Part of a site file: everything but the site itself and its phones.
pub const PEOPLE: &str = r#"
[class_of_service.all]
call_guests = true
call_users = true
login = true
[logout_profile.guest]
class = "all"
display_name = "Guest"
[user_profile.clerk]
class = "all"
[user_profile.chief]
class = "all"
[user.alice]
dn = "2001"
display_name = "Alice"
pin = "1111"
profiles = ["clerk", "chief"]
[user.bob]
dn = "2002"
display_name = "Bob"
pin = "2222"
profiles = ["clerk"]
[app_user.reception]
password = "open sesame"
proxy = true
[app_user.tool]
password = "open sesame"
axl = true
"#;
