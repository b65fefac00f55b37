//! The built command, from outside: the server over real sockets, and the command line against it.

mod commands;
mod host;
mod jobs;
mod replay;
mod serving;
