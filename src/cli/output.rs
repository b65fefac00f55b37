//! What the command line prints. Results go to standard output, problems to standard error; that nobody reads them
//! is no fault of ours.

use std::io::{self, Write};

/// Prints a result, whole lines. Whether anybody could read it.
pub fn result(text: &str) -> bool {
    print(&mut io::stdout().lock(), text)
}

/// Prints a problem.
pub fn problem(text: &str) {
    print(&mut io::stderr().lock(), &format!("perch: {text}"));
}

/// Prints something that should be looked at.
pub fn notice(text: &str) {
    print(&mut io::stderr().lock(), text);
}

fn print(to: &mut impl Write, text: &str) -> bool {
    // A closed pipe, as in `perch who | head -1`: there is nobody to tell.
    let written = writeln!(to, "{}", text.trim_end_matches('\n'));
    written.and_then(|()| to.flush()).is_ok()
}
