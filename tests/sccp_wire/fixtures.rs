//! Frames in the manner of real phones, typed byte by byte: each reads as expected, and is written the same.

use std::path::{Path, PathBuf};

use expect_test::expect_file;
use perch::sccp::wire::{Frame, Framer, FromPhone, ToPhone, Version};

/// A frame from a file: what it is said to be, and its bytes.
struct Fixture {
    path: PathBuf,
    /// Whether a phone sends it.
    is_from_phone: bool,
    version: Version,
    /// Whether it is written as it was read; some phones write less, or more.
    is_exact: bool,
    bytes: Vec<u8>,
}

/// `from-phone 11` or `to-phone 20`, and perhaps `inexact`; then rows of bytes, each with its offset before it and, after a
/// `;`, what it says.
fn fixture(path: PathBuf) -> Fixture {
    let text = std::fs::read_to_string(&path).expect("readable");
    let mut lines = text.lines();
    let words: Vec<&str> = lines.next().expect("a first line").split(' ').collect();
    let version = words[1].parse().ok().and_then(Version::new);
    let mut bytes = Vec::new();
    for line in lines {
        let (offset, row) = line.split_once(':').expect("an offset");
        // Offsets are into the body, as the header is always the same.
        let offset: i64 = offset.trim().parse().expect("an offset");
        assert_eq!(bytes.len() as i64 - 12, offset, "{}", path.display());
        let row = row.split(';').next().unwrap_or_default();
        bytes.extend(
            row.split_whitespace()
                .map(|byte| u8::from_str_radix(byte, 16).expect("hex")),
        );
    }
    Fixture {
        is_from_phone: words[0] == "from-phone",
        version: version.expect("a version"),
        is_exact: !words.contains(&"inexact"),
        path,
        bytes,
    }
}

fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sccp");
    let entries = |dir: &Path| -> Vec<PathBuf> {
        let dir = std::fs::read_dir(dir).expect("the fixtures are there");
        dir.map(|entry| entry.expect("readable").path()).collect()
    };
    let models = entries(&root).into_iter().filter(|path| path.is_dir());
    let mut files: Vec<PathBuf> = models.flat_map(|model| entries(&model)).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "hex"));
    files.sort();
    files.into_iter().map(fixture).collect()
}

#[test]
fn every_fixture_reads_as_expected_and_is_written_the_same() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 40, "the fixtures are gone");
    for fixture in fixtures {
        let (version, name) = (fixture.version, fixture.path.display());
        let mut framer = Framer::new();
        framer.push(&fixture.bytes);
        let frame = framer.next().expect("it can be cut").expect("it is whole");
        assert!(!framer.is_waiting(), "{name}: more than one frame");
        let (shown, written): (String, Frame) = if fixture.is_from_phone {
            let message = FromPhone::decode(version, &frame).expect("it can be read");
            (format!("{message:#?}\n"), message.to_frame(version))
        } else {
            let (message, faults) = ToPhone::check(version, &frame).expect("it can be read");
            assert_eq!(faults.is_empty(), fixture.is_exact, "{name}: {faults:?}");
            (format!("{message:#?}\n"), message.to_frame(version))
        };
        expect_file![fixture.path.with_extension("expected")].assert_eq(&shown);
        assert_eq!(
            written.bytes() == fixture.bytes,
            fixture.is_exact,
            "{name}: {:?}",
            written.bytes()
        );
    }
}

#[test]
fn every_model_is_in_the_index() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sccp");
    let index = std::fs::read_to_string(root.join("INDEX")).expect("readable");
    for fixture in fixtures() {
        let name = fixture
            .path
            .strip_prefix(&root)
            .expect("below it")
            .with_extension("");
        let name = name.to_str().expect("a name");
        let is_there = index
            .lines()
            .any(|line| line.split(' ').next() == Some(name));
        assert!(is_there, "{name} is not in fixtures/sccp/INDEX");
    }
}
