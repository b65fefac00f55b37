//! The stored site.

use std::sync::mpsc;

use perch::pbx::{
    ByName, CallKind, DigestSecret, Hardware, LogoutLimits, Phone, PinHash, Prefix, Route, Site,
    SoftphoneSecret, Trunk, TrunkAccount, TrunkAddress, User, UserGroup,
};
use perch::store::ApplyError;

use crate::support::{Bench, SOON};

pub fn apply(bench: &Bench, expected: u64, site: Site) -> Result<u64, ApplyError> {
    let (reply, replied) = mpsc::channel();
    let reply = Box::new(move |result| reply.send(result).expect("the test waits"));
    bench.store().apply_site(expected, site, reply);
    replied.recv_timeout(SOON).expect("a reply in time")
}

fn site() -> Site {
    let mut site = Site::default();
    site.settings.name = "demo".into();
    site.settings.logout_times = vec![1140, 1440];
    site.codes.login = "*21".into();
    site.emergency.insert("112".into(), vec!["desk-1".into()]);
    site.classes.insert("staff".into(), Default::default());
    site.user_groups.insert("sales".into(), sales());
    site.users.insert(
        "alice".into(),
        User {
            dn: "2001".into(),
            display_name: "Alice \"Al\" Ångström".into(),
            pin: PinHash("$argon2id$...".into()),
            profiles: vec!["clerk".into()],
            mailbox: Some("201".into()),
            sip_secret: Some(Box::new(SoftphoneSecret {
                by_id: DigestSecret {
                    md5: [1; 16],
                    sha256: [2; 32],
                },
                by_dn: DigestSecret {
                    md5: [3; 16],
                    sha256: [4; 32],
                },
            })),
            upstream: None,
            group: Some("sales".into()),
            class: Some("staff".into()),
            limits: sales().limits.boxed(),
            exempt: true,
        },
    );
    site.phones.insert(
        "desk-1".into(),
        Phone {
            logout_profile: "guest".into(),
            guest_dn: None,
            sip_secret: Some(perch::pbx::DigestSecret {
                md5: [7; 16],
                sha256: [9; 32],
            }),
            exempt: true,
            location: None,
            hardware: None,
            pickup_group: None,
            provision: None,
            own_speed_dials: true,
            limits: None,
            emergency_number: Some("31205559".into()),
        },
    );
    site.phones.insert(
        "SEP001122334401".into(),
        Phone {
            logout_profile: "guest".into(),
            guest_dn: Some("9011".into()),
            sip_secret: None,
            exempt: false,
            location: None,
            hardware: Some(Box::new(Hardware {
                enrolled: false,
                model: "7960".into(),
                add_on_modules: vec!["7914".into()],
            })),
            pickup_group: None,
            provision: None,
            own_speed_dials: true,
            limits: None,
            emergency_number: Some("31205559".into()),
        },
    );
    site.trunks.insert("carrier".into(), carrier());
    site.routes.insert(
        "outside".into(),
        Route {
            prefix: "0".into(),
            kind: CallKind::National,
            trunks: vec!["carrier".into()],
            strip: 1,
            prepend: String::new(),
            e164: true,
        },
    );
    site
}

fn sales() -> UserGroup {
    UserGroup {
        limits: LogoutLimits {
            idle_limit_min: Some(0),
            max_login_min: None,
            logout_times: Some(vec![750]),
        },
        exempt: true,
    }
}

fn carrier() -> Trunk {
    let address = TrunkAddress::parse("sip:[2001:db8::1]:5061;transport=tls");
    Trunk {
        addresses: vec![address.expect("an address")],
        account: Some(TrunkAccount {
            user: "perch".into(),
            realm: "carrier.example".into(),
            secret: DigestSecret {
                md5: [5; 16],
                sha256: [6; 32],
            },
        }),
        from: Prefix::parse("203.0.113.0/29").into_iter().collect(),
        class: "guest".into(),
        probe_s: 30,
        max_calls: Some(20),
        number_prefix: "+3120555".into(),
        numbers: [("+31800123".to_owned(), "9011".into())].into(),
        caller_number: None,
        caller_prepend: "0".into(),
    }
}

#[test]
fn a_site_is_there_after_a_restart_as_it_was() {
    let dir = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(dir.path());
    assert_eq!(bench.opened.site, None);
    assert_eq!(apply(&bench, 0, site()).expect("the first"), 1);
    bench.close();

    let bench = Bench::open(dir.path());
    assert_eq!(bench.opened.site, Some((1, site())));
    let mut changed = site();
    changed.users = ByName::default();
    changed.settings.name = "other".into();
    assert_eq!(apply(&bench, 1, changed.clone()).expect("the second"), 2);
    bench.close();
    assert_eq!(Bench::open(dir.path()).opened.site, Some((2, changed)));
}

#[test]
fn whoever_planned_for_another_revision_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(dir.path());
    apply(&bench, 0, site()).expect("the first");
    let error = apply(&bench, 0, Site::default()).expect_err("it is at 1");
    assert_eq!(
        error.to_string(),
        "the site changed meanwhile: it is at revision 1, the change was made for revision 0. Make a new plan and \
         apply that"
    );
    bench.close();
    assert_eq!(Bench::open(dir.path()).opened.site, Some((1, site())));
}

#[test]
fn applying_the_same_site_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(dir.path());
    apply(&bench, 0, site()).expect("the first");
    assert_eq!(apply(&bench, 1, site()).expect("the same"), 1);
}
