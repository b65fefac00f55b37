//! Softphones that register as a user (SES-17), as the registrar sees them.

use std::sync::Arc;

use perch::pbx::site::{Site, User};
use perch::pbx::{PinHash, SoftphoneSecret, SoftphoneUse, UserId, UserProfile};
use perch::sip::{News, Verdict, digest_secret};

use crate::world::{REALM, World, message, password, registered};

const ID: &str = "alice.b";
const DN: &str = "2001";
const CONTACT: &str = "Contact: <sip:app@192.0.2.9:5060>\r\n";

fn site(counts_as: SoftphoneUse) -> Arc<Site> {
    let digest = |name: &str| digest_secret(name, REALM, &password(name));
    let user = User {
        dn: DN.into(),
        display_name: "Alice".into(),
        pin: PinHash(String::new()),
        profiles: vec!["clerk".into()],
        mailbox: None,
        sip_secret: Some(Box::new(SoftphoneSecret {
            by_id: digest(ID),
            by_dn: digest(DN),
        })),
        upstream: None,
        group: None,
        class: None,
        limits: None,
        exempt: false,
    };
    let profile = UserProfile {
        softphone: counts_as,
        ..UserProfile::new("staff")
    };
    Arc::new(Site {
        users: [(UserId::from(ID), user)].into(),
        user_profiles: [("clerk".into(), profile)].into(),
        ..Site::default()
    })
}

fn world(counts_as: SoftphoneUse, registers_as: &'static str) -> World {
    let mut world = World::new();
    world.registrar.set_phones(site(counts_as));
    world.phone = registers_as;
    world
}

fn where_it_is(world: &World) -> usize {
    world.registrar.bindings_of(&ID.into(), world.now).len()
}

/// rules: SES-17, SES-4
#[test]
fn both_names_are_one_phone() {
    for name in [ID, DN] {
        let mut world = world(SoftphoneUse::Companion, name);
        let reply = world.register(CONTACT);
        assert_eq!(
            (reply.status(), reply.news),
            (200, registered(ID)),
            "{name}"
        );
        assert_eq!(where_it_is(&world), 1, "{name}");
        let other = if name == ID { DN } else { ID };
        let elsewhere = |to: &str, world: &mut World| {
            let signed = world.signed(CONTACT);
            let changed = signed.replace(&format!("To: <sip:{name}@"), &format!("To: <sip:{to}@"));
            world.send(&changed).status()
        };
        assert_eq!(elsewhere(other, &mut world), 200, "its other name");
        assert_eq!(elsewhere("2002", &mut world), 403, "somebody else's");
        let source = "192.0.2.9".parse().expect("an address");
        let again = world.signed("");
        let verdict = world
            .registrar
            .authenticate(world.now, source, &message(again));
        assert_eq!(
            verdict,
            Verdict::Proven(ID.into()),
            "calls come from the same phone"
        );
        let gone = world.register("Contact: *\r\nExpires: 0\r\n");
        assert_eq!(gone.news, Some(News::Gone(ID.into())));
    }
}

/// rules: SES-17
#[test]
fn a_profile_may_forbid_it_and_a_new_site_takes_it_away() {
    let mut forbidden = world(SoftphoneUse::No, ID);
    assert_eq!(forbidden.register(CONTACT).status(), 401);
    let mut allowed = world(SoftphoneUse::Companion, DN);
    assert_eq!(allowed.register(CONTACT).status(), 200);
    let news = allowed.registrar.set_phones(site(SoftphoneUse::No));
    assert_eq!(news, [News::Gone(ID.into())]);
    assert_eq!(allowed.register(CONTACT).status(), 401);
}

/// rules: SES-17, SES-2
#[test]
fn only_one_that_counts_as_the_phone_is_told_of_when_it_begins_anew() {
    for (counts_as, anew) in [
        (SoftphoneUse::Phone, registered(ID)),
        (SoftphoneUse::Companion, None),
    ] {
        let mut world = world(counts_as, ID);
        assert_eq!(world.register(CONTACT).news, registered(ID));
        assert_eq!(world.register(CONTACT).news, None, "a refresh");
        assert_eq!(world.register("").news, None, "a question");
        world.call_id = "restarted".into();
        assert_eq!(world.register("").news, None, "a question");
        assert_eq!(world.register(CONTACT).news, anew, "{counts_as:?}");
        assert_eq!(world.register(CONTACT).news, None, "a refresh");
    }
}
