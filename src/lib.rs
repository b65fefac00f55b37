//! Perch, the hot-desk PBX. The modules in the order in which data flows; ARCHITECTURE.md has the picture.

/// Time as data: what the clock said, and who wants to be woken when.
pub mod time;

/// What somebody is given to show once, in place of something else.
pub mod tokens;

/// SIP: bytes to events, actions to bytes; the registrar at the edge.
pub mod sip;

/// Session descriptions: what protocols say of media.
pub mod sdp;

/// SCCP: frames to events, actions to frames; what a station is.
pub mod sccp;

/// Decisions: sessions, idleness, schedules, calls. No I/O, no clock, no protocol.
pub mod pbx;

/// Media that Perch itself speaks: tones, digits, an echo.
pub mod media;

/// Pages on the displays of phones, and the Extension Mobility API: requests to wishes, answers to XML.
pub mod pages;

/// What phones download: which file is whose, what is in it, and TFTP as data.
pub mod provision;

/// The whole server without its sockets.
pub mod exchange;

/// The journal of changes and what is rebuilt from it.
pub mod store;

/// What another policy would have done: the recorded activity, run once more through the core.
pub mod replay;

/// The site file, plans and secrets: what an administrator says, made into a site.
pub mod site;

/// Where Perch meets the machine: clocks, sockets, tasks, signals. tokio lives here.
pub mod shell;

/// The control API (gRPC), for administrators, consoles and scripts.
pub mod control;

/// The command line: the server, and a client of its control API.
pub mod cli;
