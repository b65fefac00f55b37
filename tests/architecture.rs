//! The walls of the house: which room may use which, and what may stand nowhere (ARCHITECTURE.md says why).

mod architecture {
    pub mod source;
}

use std::fs;
use std::path::Path;

use architecture::source::{Source, Use, sources};

/// A room of `src/`, and the rooms that it may use besides itself.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    why: &'static str,
}

const ALL: &[&str] = &[
    "time",
    "tokens",
    "pbx",
    "media",
    "sdp",
    "sip",
    "sccp",
    "pages",
    "provision",
    "store",
    "site",
    "replay",
    "exchange",
    "shell",
    "control",
    "cli",
];

const ROOMS: &[Room] = &[
    Room {
        name: "time",
        may_use: &[],
        why: "time is data that everybody uses, and uses nobody",
    },
    Room {
        name: "tokens",
        may_use: &[],
        why: "what a token stands for is nothing to it",
    },
    Room {
        name: "pbx",
        may_use: &["time"],
        why: "the core decides: no I/O, no clock, no protocol",
    },
    Room {
        name: "media",
        may_use: &["pbx", "sdp", "time"],
        why: "media is packets and moments that are handed in, and keys in the core's words",
    },
    Room {
        name: "sip",
        may_use: &["pbx", "media", "sdp", "time"],
        why: "a protocol knows the core's words and what media can do, and no other room",
    },
    Room {
        name: "sdp",
        may_use: &["pbx"],
        why: "descriptions are bodies of the core's, and belong to no protocol",
    },
    Room {
        name: "sccp",
        may_use: &["pbx", "media", "sdp", "time"],
        why: "a protocol knows the core's words and what media can do, and no other protocol",
    },
    Room {
        name: "pages",
        may_use: &["pbx", "time", "tokens"],
        why: "a page is made of the core's words; how it is asked for is the shell's",
    },
    Room {
        name: "provision",
        may_use: &["pbx", "time", "tokens"],
        why: "files are made from what the core says a phone is, whatever it speaks and however they are fetched",
    },
    Room {
        name: "store",
        may_use: &["pbx", "time"],
        why: "the store knows facts, and neither protocols nor the shell",
    },
    Room {
        name: "site",
        may_use: &["pbx", "sccp", "time"],
        why: "the site file is read into the core\'s words; which models there are is known to their protocol",
    },
    Room {
        name: "replay",
        may_use: &["pbx", "time"],
        why: "a replay runs the core and nothing else, so that it says what the server would have done",
    },
    Room {
        name: "exchange",
        may_use: &["pbx", "media", "sdp", "sip", "sccp", "pages", "time"],
        why: "the exchange is the server without its sockets and its disk",
    },
    Room {
        name: "shell",
        may_use: ALL,
        why: "",
    },
    Room {
        name: "control",
        may_use: ALL,
        why: "",
    },
    Room {
        name: "cli",
        may_use: ALL,
        why: "",
    },
    Room {
        name: "main",
        may_use: ALL,
        why: "",
    },
    Room {
        name: "lib",
        may_use: ALL,
        why: "",
    },
];

/// Something that only some may use: how its path ends, where it may stand, and why.
struct Reserved {
    path: &'static str,
    places: &'static [&'static str],
    why: &'static str,
}

const OUTSIDE: &[&str] = &["src/shell", "src/control", "src/cli", "src/main.rs"];

const CLOCK: &[&str] = &["src/shell/clock.rs"];
const ONE_CLOCK: &str = "only shell/clock.rs reads a clock; everybody else is handed a Now";

const SEEDED: &str =
    "what is not seeded cannot be repeated: draw from the generator that was handed in";

const RESERVED: &[Reserved] = &[
    Reserved {
        path: "tokio::",
        places: OUTSIDE,
        why: "tokio lives in the shell and in front of it",
    },
    Reserved {
        path: "rsip::",
        places: &["src/sip"],
        why: "rsip is the vocabulary of the SIP room",
    },
    Reserved {
        path: "Instant::now",
        places: CLOCK,
        why: ONE_CLOCK,
    },
    Reserved {
        path: "SystemTime::now",
        places: CLOCK,
        why: ONE_CLOCK,
    },
    Reserved {
        path: "Timestamp::now",
        places: CLOCK,
        why: ONE_CLOCK,
    },
    Reserved {
        path: "Zoned::now",
        places: CLOCK,
        why: ONE_CLOCK,
    },
    Reserved {
        path: "UdpSocket",
        places: OUTSIDE,
        why: "sockets are the shell's",
    },
    Reserved {
        path: "TcpStream",
        places: OUTSIDE,
        why: "sockets are the shell's",
    },
    Reserved {
        path: "TcpListener",
        places: OUTSIDE,
        why: "sockets are the shell's",
    },
    Reserved {
        path: "rand::random",
        places: OUTSIDE,
        why: SEEDED,
    },
    Reserved {
        path: "rand::rng",
        places: OUTSIDE,
        why: SEEDED,
    },
    Reserved {
        path: "Uuid::now_v7",
        places: OUTSIDE,
        why: SEEDED,
    },
];

/// What may stand in no file, tests included.
const NOWHERE: &[(&str, &str)] = &[
    ("#[ignore", "a test that does not run proves nothing"),
    ("todo!", "what is not built is not there"),
    ("unimplemented!", "what is not built is not there"),
];

const MOST_LINES: usize = 800;

#[test]
fn rooms_use_only_what_they_may() {
    let mut complaints = Vec::new();
    for source in sources("src") {
        let Some(room) = ROOMS.iter().find(|room| room.name == source.room()) else {
            let (path, room) = (&source.path, source.room());
            complaints.push(format!("{path}:1: nobody knows a room `{room}`"));
            continue;
        };
        for Use { line, path } in source.own_paths() {
            let used = path.split("::").next().unwrap_or_default();
            let is_room = ALL.contains(&used);
            if is_room && used != room.name && !room.may_use.contains(&used) {
                let (place, name, why) = (&source.path, room.name, room.why);
                complaints.push(format!("{place}:{line}: {name} uses {path}: {why}"));
            }
        }
    }
    assert_silent(&complaints);
}

#[test]
fn the_walls_see_every_way_in() {
    let text = r##"
        use crate::{time::Now, sip::{Flow, wire::Name}};  // crate::cli is only a comment
        use super::super::store;
        mod tests {
            use super::super::super::shell::Clock;
            fn text() -> &'static str { r#"crate::control "quoted""# }
        }
        fn quote() -> char { '"' }
        fn hidden() { crate::site::check() }
    "##;
    let source = Source::new("src/pbx/call.rs".into(), text.into());
    let seen = source.own_paths();
    let seen: Vec<(usize, &str)> = seen.iter().map(|u| (u.line, u.path.as_str())).collect();
    let expected = [
        (2, "time::Now"),
        (2, "sip"),
        (3, "store"),
        (5, "shell::Clock"),
        (9, "site::check"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(source.lines_with("crate::cli"), [0; 0]);
    assert_eq!(source.lines_with("crate::site"), [9]);
}

#[test]
fn what_is_reserved_stands_in_its_place_only() {
    let mut complaints = Vec::new();
    for source in sources("src") {
        for Reserved { path, places, why } in RESERVED {
            if places.iter().any(|place| source.path.starts_with(place)) {
                continue;
            }
            for line in source.lines_with(path) {
                complaints.push(format!("{}:{line}: {path}: {why}", source.path));
            }
        }
    }
    assert_silent(&complaints);
}

#[test]
fn nothing_is_left_undone_and_no_test_is_left_out() {
    let mut complaints = Vec::new();
    for source in sources("src").into_iter().chain(sources("tests")) {
        for (text, why) in NOWHERE {
            for line in source.lines_with(text) {
                complaints.push(format!("{}:{line}: {text}: {why}", source.path));
            }
        }
    }
    assert_silent(&complaints);
}

#[test]
fn no_file_is_too_long_to_be_read() {
    let long = |source: Source| {
        let (path, lines) = (&source.path, source.text.lines().count());
        let text = format!("{path}:{MOST_LINES}: {lines} lines; which concept is missing?");
        (lines > MOST_LINES).then_some(text)
    };
    let sources = sources("src").into_iter().chain(sources("tests"));
    assert_silent(&sources.filter_map(long).collect::<Vec<_>>());
}

/// What stands in backticks in ARCHITECTURE.md and looks like a file or a folder, and where that may be.
fn named_on_the_map(map: &str) -> Vec<(usize, String, Vec<String>)> {
    let mut named = Vec::new();
    let mut room = String::new();
    for (line, text) in map.lines().enumerate() {
        if let Some(title) = text.strip_prefix("**`") {
            room = title.split('`').next().unwrap_or_default().to_owned();
        } else if text.starts_with("## ") {
            room.clear();
        }
        let is_row = text.starts_with('|');
        for word in text.split('`').skip(1).step_by(2) {
            let is_name = |c: char| c.is_ascii_lowercase() || "0123456789_/.".contains(c);
            let is_path = word.contains('/') || word.ends_with(".rs") || word.ends_with(".toml");
            if !word.chars().all(is_name) || !is_path && !is_row {
                continue;
            }
            let mut places = Vec::new();
            for folder in ["", "src/", "tests/", "src/pbx/", &format!("src/{room}/")] {
                places.push(format!("{folder}{word}"));
                places.push(format!("{folder}{word}.rs"));
            }
            named.push((line + 1, word.to_owned(), places));
        }
    }
    named
}

#[test]
fn the_map_names_only_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("there is a map");
    let named = named_on_the_map(&map);
    assert!(named.len() > 200, "the map has {} names", named.len());
    let is_there = |places: &[String]| places.iter().any(|place| root.join(place).exists());
    let gone = named.iter().filter(|(_, _, places)| !is_there(places));
    let complaint =
        |(line, word, _): &(usize, String, _)| format!("ARCHITECTURE.md:{line}: no file `{word}`");
    assert_silent(&gone.map(complaint).collect::<Vec<_>>());
}

/// Pages for people: the README, the map and whatever they lead to.
fn pages() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).expect("there is a folder");
    let docs = docs.map(|entry| entry.expect("readable").file_name());
    let docs = docs.map(|name| format!("docs/{}", name.to_string_lossy()));
    let mut pages: Vec<String> = docs.filter(|page| page.ends_with(".md")).collect();
    pages.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(str::to_owned));
    pages
}

#[test]
fn links_lead_somewhere_and_every_page_can_be_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut complaints = Vec::new();
    let mut found = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(root.join(&page)).expect("readable");
        let folder = Path::new(&page).parent().unwrap_or(Path::new(""));
        for (line, text) in text.lines().enumerate() {
            let links = text
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next());
            let own = links.filter(|link| !link.starts_with("http"));
            for link in own {
                let file = folder.join(link.split('#').next().unwrap_or_default());
                if !root.join(&file).exists() {
                    complaints.push(format!("{page}:{}: no file {link}", line + 1));
                }
                found.extend(
                    file.file_name()
                        .map(|name| name.to_string_lossy().into_owned()),
                );
            }
        }
    }
    for page in pages().iter().filter_map(|page| page.strip_prefix("docs/")) {
        if !found.iter().any(|name| name == page) {
            complaints.push(format!("docs/{page}:1: nothing leads here"));
        }
    }
    assert_silent(&complaints);
}

#[track_caller]
fn assert_silent(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
