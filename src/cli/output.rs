//! What the command line prints. Results go to standard output, problems to standard error; that nobody reads them
//! is no fault of ours.

use std::io::{self, Write};

/// Prints a result, whole lines.
pub fn result(text: &str) {
    print(&mut io::stdout().lock(), text);
}

/// Prints a problem.
pub fn problem(text: &str) {
    print(&mut io::stderr().lock(), &format!("perch: {text}"));
}

fn print(to: &mut impl Write, text: &str) {
    // A closed pipe, as in `perch who | head -1`: there is nobody to tell.
    let _ = writeln!(to, "{}", text.trim_end_matches('\n'));
    let _ = to.flush();
}
