//! Public libraries for AXL work with Perch as they are: over HTTPS, with the certificate that Perch made as all that they
//! trust.
//!
//! They are installed by their own package managers, once, below the target directory. That needs a registry, so it
//! happens only with `PERCH_PEERS=required` in the environment; without, and if they are not there, the tests say that
//! they were not run.
#![allow(
    clippy::disallowed_methods,
    reason = "what is tested here runs by the clock on the wall"
)]

#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/built_server.rs"]
mod built_server;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../peers/installed.rs"]
mod installed;
mod libraries;
#[path = "../support/people.rs"]
mod people;
mod relay;

use std::fs;
use std::net::Ipv4Addr;
use std::process::Command;

use expect_test::expect;
use tempfile::TempDir;

use built_server::Perch;
use installed::directory;
use libraries::{Library, NPM, PYPI};
use people::PEOPLE;
use relay::Relay;

/// The port that one of the libraries cannot be talked out of, and which it is served at, without the offset.
const PORT: u16 = 8443;

/// The version of AXL that both libraries have descriptions of.
const VERSION: &str = "12.5";

const PASSWORD: &str = "open sesame";

const SITE: &str = r#"
[site]
name = "office"
[phone.SEP0011AA000001]
logout_profile = "guest"
guest_dn = "9001"
password = "SEP0011AA000001-secret"
[phone.SEP0011AA000002]
logout_profile = "guest"
guest_dn = "9002"
password = "SEP0011AA000002-secret"
"#;

/// An office whose pages are served where nobody else is, at the usual port.
struct Office {
    server: Perch,
    relay: Relay,
    dir: TempDir,
}

impl Office {
    fn open() -> Office {
        let dir = directory();
        let [a, b] = rand::random::<[u8; 2]>();
        let host = Ipv4Addr::new(127, 77, a, b.clamp(1, 254));
        let settings = "[argon2]\nmemory_kib = 8\npasses = 1\n";
        let server = Perch::with_settings_at(dir.path(), settings, &[Ipv4Addr::LOCALHOST, host]);
        let site = dir.path().join("site.toml");
        fs::write(&site, format!("{SITE}{PEOPLE}")).expect("the directory is ours");
        server.tell(&["apply", &site.display().to_string()]);
        let relay = Relay::open((host, PORT).into(), server.at(host.into(), PORT));
        Office { server, relay, dir }
    }

    /// What a script prints that uses a library.
    fn work_day(&self, library: &Library, command: &mut Command) -> String {
        let certificate = Perch::data_in(self.dir.path()).join("tls/cert.pem");
        assert!(certificate.is_file(), "{}", certificate.display());
        let output = command
            .arg(library.script())
            .env("PERCH_HOST", self.relay.host().to_string())
            .env("PERCH_PORT", PORT.to_string())
            .env("PERCH_VERSION", VERSION)
            .env("PERCH_PASSWORD", PASSWORD)
            .env("REQUESTS_CA_BUNDLE", &certificate)
            .env("NODE_EXTRA_CA_CERTS", &certificate)
            // What they keep is kept where it goes with the test.
            .env("HOME", self.dir.path())
            .env("XDG_CACHE_HOME", self.dir.path())
            .output()
            .expect("it was installed");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", library.name);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// rules: ADM-1
#[test]
fn ciscoaxl_from_pypi_works_as_it_is() {
    let Some(mut command) = PYPI.command() else {
        return;
    };
    let office = Office::open();
    let printed = office.work_day(&PYPI, &mut command);
    expect![[r#"
        not let in: [403 Forbidden]: Please ensure the user 'reception' has AXL access set up
        phones: SEP0011AA000001 SEP0011AA000002
        users: alice bob
        nobody: 0
        in: true
        at: alice chief
        line: 2001
        user: clerk
        who: [{'userid': 'alice', 'devicename': 'SEP0011AA000001', 'profile': 'chief'}]
        refused: Item not valid: The specified User was not found
        out: true
        nobody: No user logged in (19)
        not offered: executesqlupdate is not offered here
    "#]]
    .assert_eq(&printed);
    assert_eq!(office.server.who(), []);
}

/// rules: ADM-1
#[test]
fn cisco_axl_from_npm_works_as_it_is() {
    let Some(mut command) = NPM.command() else {
        return;
    };
    let office = Office::open();
    let printed = office.work_day(&NPM, &mut command);
    expect![[r#"
        phones: SEP0011AA000001 SEP0011AA000002
        in: true
        at: {"loginUserId":"bob","currentProfileName":{"value":"clerk"}}
        who: [{"devicename":"SEP0011AA000002","user":"bob"}]
        out: true
        refused: Item not valid: The specified User was not found
    "#]]
    .assert_eq(&printed);
    assert_eq!(office.server.who(), []);
}
