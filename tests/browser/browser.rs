//! A headless browser with pages that are phones, made with JsSIP: it is told what to do, a line each, and says what came of
//! it.

use std::cell::RefCell;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::built_server::{Perch, say};
use super::installed::has;

/// What the browser is.
const CHROMIUM: &str = "chromium";

/// A browser. Ended when dropped.
pub struct Browser {
    child: Child,
    link: RefCell<Link>,
}

struct Link {
    orders: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Browser {
    /// Opens a browser that believes the certificate of this server; none if there is no browser, which is said, or a
    /// failure.
    pub fn open(dir: &Path) -> Option<Browser> {
        if !has(CHROMIUM, CHROMIUM) || !has("npm", "npm") || !is_installed() {
            return None;
        }
        let mut child = Command::new("node")
            .arg(page().join("browser.js"))
            .env("NODE_PATH", modules())
            .env("PERCH_MODULES", modules())
            .env("PERCH_BROWSER", program())
            .env("PERCH_PROFILE", dir.join("browser"))
            .env(
                "PERCH_CERTIFICATE",
                Perch::data_in(dir).join("tls/cert.pem"),
            )
            // What they keep is kept where it goes with the test.
            .env("HOME", dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was installed");
        let orders = child.stdin.take().expect("it was asked for");
        let said = child.stdout.take().expect("it was asked for");
        let said = BufReader::new(said).lines();
        let browser = Browser {
            child,
            link: RefCell::new(Link { orders, said }),
        };
        assert_eq!(browser.hears(), "ready");
        Some(browser)
    }

    /// A page that has registered over WSS.
    pub fn phone(&self, server: &Perch, user: &str, password: &str) -> WebPhone<'_> {
        let name = format!("{user}/{}", rand::random::<u32>());
        self.tell(&json!({ "open": name }));
        let phone = WebPhone {
            browser: self,
            name,
        };
        let at = server.at(Ipv4Addr::LOCALHOST.into(), 5443);
        let said = phone.does("registers", &[&format!("wss://{at}"), user, password]);
        assert_eq!(said, "registered", "{user}");
        phone
    }

    fn tell(&self, order: &Value) -> String {
        let mut link = self.link.borrow_mut();
        writeln!(link.orders, "{order}").expect("the browser listens");
        drop(link);
        self.hears()
    }

    fn hears(&self) -> String {
        let mut link = self.link.borrow_mut();
        let line = link.said.next().expect("the browser ended");
        let line = line.expect("the browser speaks");
        let said: Value = serde_json::from_str(&line).expect("the browser speaks JSON");
        assert!(said["failed"].is_null(), "{}", said["failed"]);
        said["said"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It closes with its orders; if it does not, it is ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page that is a phone. Every verb waits until it is so, and fails the test if it does not come about.
pub struct WebPhone<'b> {
    browser: &'b Browser,
    name: String,
}

impl WebPhone<'_> {
    /// Somebody does something on the page, or waits for something.
    pub fn does(&self, verb: &str, with: &[&str]) -> String {
        let order = json!({ "page": self.name, "verb": verb, "with": with });
        self.browser.tell(&order)
    }

    /// Dials a number.
    pub fn dials(&self, number: &str) {
        self.does("dials", &[number]);
    }

    /// It rings, and is answered. The number that it shows.
    pub fn takes_call(&self) -> String {
        let caller = self.does("rings", &[]);
        self.does("answers", &[]);
        caller
    }

    /// It sends so many packets more and hears as many. How they are coded.
    pub fn converses(&self, packets: u32) -> String {
        self.does("talks", &[]);
        self.does("converses", &[&packets.to_string()])
    }

    /// Where what it hears comes from.
    pub fn partner(&self) -> String {
        self.does("partner", &[])
    }

    /// The call is over. What it was told.
    pub fn is_left(&self) -> String {
        self.does("is_left", &[])
    }
}

/// The page and what drives it.
fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/page")
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser")
}

fn modules() -> PathBuf {
    home().join("node_modules")
}

fn program() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut dirs = env::split_paths(&path).map(|dir| dir.join(CHROMIUM));
    dirs.find(|file| file.is_file()).expect("it is there")
}

/// Whether the packages are there. All tests wait for the one that installs them.
fn is_installed() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(install)
}

/// Installs the packages, from their registry, if that is insisted on.
fn install() -> bool {
    let wanted = page().join("package.json");
    let stamp = home().join("installed");
    let wanted_text = fs::read(&wanted).expect("it is beside this test");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted_text) {
        return true;
    }
    if env::var_os("PERCH_PEERS").is_none_or(|value| value != "required") {
        say("not run: JsSIP is not installed; PERCH_PEERS=required installs it");
        return false;
    }
    // What is left of another version, or of an attempt that was cut.
    let _ = fs::remove_dir_all(home());
    fs::create_dir_all(home()).expect("the target directory is ours");
    fs::copy(&wanted, home().join("package.json")).expect("the directory is ours");
    let how = "install --silent --omit=dev --no-audit --no-fund --ignore-scripts";
    let output = Command::new("npm")
        .args(how.split(' '))
        .current_dir(home())
        .output()
        .expect("npm is there");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "JsSIP cannot be installed; is the registry reachable? {errors}"
    );
    fs::copy(&wanted, stamp).expect("the directory is ours");
    true
}
