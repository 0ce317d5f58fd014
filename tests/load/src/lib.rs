//! Many clients at once. Each lives whole lives of guarantees over HTTP, one after the other: apply,
//! issue, await the mail, view, open a paper, show the key, and checks by the orderer, right and wrong.

mod life;
mod record;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::life::{Client, Logins};
pub use crate::record::Record;

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// How many clients at once.
    pub clients: u32,
    /// For how long a client begins new lives; those that were begun are lived to their end.
    pub time: Duration,
}

impl Load {
    /// Puts the load on the product whose API is at this address.
    ///
    /// # Errors
    /// When nobody can log in. What goes wrong later is in the record.
    pub async fn put_on(self, api: &str) -> Result<Arc<Record>, String> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|error| error.to_string())?;
        let logins = Arc::new(Logins::at(&http, api).await?);
        let record = Arc::new(Record::default());
        let begin = Instant::now();
        let mut clients = JoinSet::new();
        for n in 0..self.clients {
            let client = Client {
                n,
                api: api.to_owned(),
                http: http.clone(),
                logins: logins.clone(),
                record: record.clone(),
            };
            // They come one after the other in the first tenth of the time.
            let comes = begin + self.time / 10 * n / self.clients;
            clients.spawn(client.live(comes, begin + self.time));
        }
        while clients.join_next().await.is_some() {}
        Ok(record)
    }
}
