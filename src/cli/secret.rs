//! PINs and passwords from standard input: as arguments, others on the host could see them.

use std::io::{self, BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::Failure;

/// Reads a PIN.
pub fn read_pin() -> Result<String, Failure> {
    read("PIN: ", "PIN")
}

/// Reads one line; at a terminal, asks for it and does not show it.
pub fn read(question: &str, what: &str) -> Result<String, Failure> {
    let input = io::stdin();
    let silence = if input.is_terminal() {
        let mut prompt = io::stderr().lock();
        write!(prompt, "{question}")?;
        prompt.flush()?;
        Some(Silence::begin()?)
    } else {
        None
    };
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    drop(silence);
    let given = line.trim_end_matches(['\r', '\n']);
    if given.is_empty() {
        let why = format!("no {what} was given; type it, or pass it on standard input");
        return Err(why.into());
    }
    Ok(given.to_owned())
}

/// The terminal does not show what is typed, until this is dropped.
struct Silence {
    before: Termios,
}

impl Silence {
    fn begin() -> io::Result<Silence> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &silent)?;
        Ok(Silence { before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing put back.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
        let _ = writeln!(io::stderr());
    }
}
