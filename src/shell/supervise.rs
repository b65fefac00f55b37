//! Tasks that must not end while the server runs.

use std::future::Future;

/// Runs the task that `begin` makes, and begins it again if it panics: one message that shows a fault of ours must
/// not silence a socket for ever.
pub fn supervise<F>(what: &'static str, begin: impl Fn() -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        while let Err(error) = tokio::spawn(begin()).await
            && error.is_panic()
        {
            tracing::error!(
                what,
                "a task ended by a fault in Perch and was begun again; report this log"
            );
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_begun_again() {
        let (done, mut is_done) = mpsc::channel::<()>(1);
        let begun = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&begun);
        supervise("a test", move || {
            let (count, done) = (Arc::clone(&count), done.clone());
            async move {
                assert!(count.fetch_add(1, Ordering::Relaxed) > 0, "the first time");
                let _ = done.send(()).await;
            }
        });
        is_done
            .recv()
            .await
            .expect("the second time it does not panic");
        assert_eq!(begun.load(Ordering::Relaxed), 2);
    }
}
