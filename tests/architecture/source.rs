//! Source files as the walls see them: without comments and texts, and with every path of ours spelt from the crate.

use std::fs;
use std::path::Path;

/// A file.
pub struct Source {
    /// From the root of the project, with slashes.
    pub path: String,
    pub text: String,
    /// The text with comments and the contents of literals blanked; of the same length, line for line.
    code: String,
}

/// A path of ours that is used somewhere.
pub struct Use {
    pub line: usize,
    /// From the crate on, without `crate::`; as long as it is spelt in one piece.
    pub path: String,
}

/// Every Rust file below a folder, in order.
pub fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(root, folder, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(root: &Path, folder: &str, found: &mut Vec<Source>) {
    let entries = fs::read_dir(root.join(folder)).expect("the folder is there");
    for entry in entries {
        let entry = entry.expect("readable");
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(root, &path, found);
        } else if path.ends_with(".rs") {
            let text = fs::read_to_string(entry.path()).expect("readable");
            found.push(Source::new(path, text));
        }
    }
}

impl Source {
    pub fn new(path: String, text: String) -> Source {
        let code = without_comments_and_literals(&text);
        Source { path, text, code }
    }

    /// The room that the file stands in: its first folder, or its own name.
    pub fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = inside.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The lines, from 1, whose code has this text, not as a part of a longer word.
    pub fn lines_with(&self, text: &str) -> Vec<usize> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let ends_in_word = text.ends_with(is_word);
        let has = |line: &str| {
            line.match_indices(text).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + text.len()..].chars().next();
                !(before.is_some_and(is_word) || ends_in_word && after.is_some_and(is_word))
            })
        };
        let lines = self.code.lines().enumerate();
        lines
            .filter(|(_, line)| has(line))
            .map(|(number, _)| number + 1)
            .collect()
    }

    /// Every path that begins with `crate`, `perch` or `super` and leads out of the file's own module.
    pub fn own_paths(&self) -> Vec<Use> {
        let tokens = tokens(&self.code);
        let mut modules = self.module();
        let mut depths: Vec<usize> = Vec::new();
        let (mut depth, mut found) = (0, Vec::new());
        for at in 0..tokens.len() {
            match tokens[at].text {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    if depths.last() == Some(&depth) {
                        depths.pop();
                        modules.pop();
                    }
                }
                "mod" if word(&tokens, at + 2) == "{" => {
                    depths.push(depth);
                    modules.push(word(&tokens, at + 1).to_owned());
                }
                "crate" | "perch" if begins_path(&tokens, at) => {
                    found.extend(branches(&tokens, at + 2, &[]));
                }
                "super" if begins_path(&tokens, at) => {
                    let mut base = modules.clone();
                    let mut next = at;
                    while word(&tokens, next) == "super" {
                        base.pop();
                        next += 2;
                    }
                    found.extend(branches(&tokens, next, &base));
                }
                _ => {}
            }
        }
        found
    }

    /// The module that the file is.
    fn module(&self) -> Vec<String> {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let inside = inside.strip_suffix(".rs").unwrap_or(inside);
        let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
        parts.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
        parts
    }
}

struct Token<'a> {
    line: usize,
    text: &'a str,
}

/// Words, `::`, and single other characters.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let length = if is_word(first) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (text, after) = rest.split_at(length);
            tokens.push(Token {
                line: number + 1,
                text,
            });
            rest = after.trim_start();
        }
    }
    tokens
}

fn word<'a>(tokens: &[Token<'a>], at: usize) -> &'a str {
    tokens.get(at).map_or("", |token| token.text)
}

/// Whether a path begins here, and goes on.
fn begins_path(tokens: &[Token<'_>], at: usize) -> bool {
    let goes_on = word(tokens, at + 1) == "::";
    let is_inside = at > 0 && word(tokens, at - 1) == "::";
    goes_on && !is_inside
}

/// The path from here on; of a group, a path for each of its members' first words.
fn branches(tokens: &[Token<'_>], at: usize, base: &[String]) -> Vec<Use> {
    let path = |at: usize| {
        let mut parts = base.to_vec();
        parts.push(word(tokens, at).to_owned());
        if word(tokens, at + 1) == "::" && word(tokens, at + 2) != "{" {
            parts.push(word(tokens, at + 2).to_owned());
        }
        Use {
            line: tokens.get(at).map_or(0, |token| token.line),
            path: parts.join("::"),
        }
    };
    if word(tokens, at) != "{" {
        return vec![path(at)];
    }
    let (mut depth, mut found) = (0, Vec::new());
    for next in at..tokens.len() {
        match word(tokens, next) {
            "{" => depth += 1,
            "}" if depth == 1 => break,
            "}" => depth -= 1,
            _ if depth == 1 && ["{", ","].contains(&word(tokens, next - 1)) => {
                found.push(path(next));
            }
            _ => {}
        }
    }
    found
}

/// Blanks what is no code, so that a word in a comment is no use of it.
fn without_comments_and_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match &bytes[at..] {
            [b'/', b'/', ..] => find(bytes, at, b"\n").unwrap_or(bytes.len()),
            [b'/', b'*', ..] => find(bytes, at, b"*/").map_or(bytes.len(), |end| end + 2),
            [b'r', b'"' | b'#', ..] if !is_in_word(bytes, at) => raw_end(bytes, at),
            [b'"', ..] => quoted_end(bytes, at),
            [b'\'', b'\\', ..] => find(bytes, at + 2, b"'").map_or(bytes.len(), |end| end + 1),
            [b'\'', _, b'\'', ..] => at + 3,
            _ => at + 1,
        };
        if end > at + 1 {
            for byte in &mut code[at..end] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        at = end;
    }
    String::from_utf8(code).expect("only whole literals and comments were blanked")
}

fn is_in_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(what.len()).position(|window| window == what);
    found.map(|at| from + at)
}

fn quoted_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of `r"…"` or `r#"…"#`; of a raw identifier, its first two bytes.
fn raw_end(bytes: &[u8], start: usize) -> usize {
    let hashes = bytes[start + 1..]
        .iter()
        .take_while(|b| **b == b'#')
        .count();
    if bytes.get(start + 1 + hashes) != Some(&b'"') {
        return start + 1;
    }
    let end = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    let from = start + 2 + hashes;
    find(bytes, from, &end).map_or(bytes.len(), |at| at + end.len())
}
