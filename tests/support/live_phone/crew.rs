//! Phones that share a thread, and say nothing in their calls: where very many are there at once, a machine would have too
//! much to do with what they say.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use perch::pbx::Vendor;

use super::super::sip_phone::TEST_PHONE;
use super::{LOOK, Live, LivePhone, Security, locked, some_host};

type Members = Arc<Mutex<Vec<Arc<Mutex<Live>>>>>;

/// Phones, and the thread that plays all of them.
pub struct Crew {
    members: Members,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Crew {
    pub fn new() -> Crew {
        let members = Members::default();
        let is_over = Arc::new(AtomicBool::new(false));
        let (turned, stopped) = (Arc::clone(&members), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let all = turned
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                all.iter().for_each(|live| locked(live).turn());
                thread::sleep(LOOK);
            }
        });
        Crew {
            members,
            is_over,
            thread: Some(thread),
        }
    }

    /// One more SCCP phone.
    pub fn sccp(&self, server: SocketAddr, name: &str, model: &str, tone: u32) -> LivePhone {
        let server = (server, Security::Plain);
        self.take(LivePhone::of(Live::sccp(
            some_host(),
            server,
            name,
            model,
            tone,
        )))
    }

    /// One more SIP phone.
    pub fn sip(
        &self,
        server: SocketAddr,
        account: (&str, &str, Option<Vendor>),
        tone: u32,
    ) -> LivePhone {
        self.take(LivePhone::of(Live::sip(
            some_host(),
            server,
            account,
            TEST_PHONE,
            tone,
        )))
    }

    fn take(&self, phone: LivePhone) -> LivePhone {
        phone.live().is_mute = true;
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.push(Arc::clone(&phone.live));
        drop(members);
        phone
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // One that has panicked has said so.
            let _ = thread.join();
        }
    }
}
