//! The Lambda of STEP 2.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (environment, aws) = web::lambda::start().await?;
    let notify = Arc::new(notify::Notify::new(&environment, &aws)?);
    let handle = |event: LambdaEvent<Value>| {
        let notify = Arc::clone(&notify);
        async move { notify.handle(event.payload).await.map_err(Error::from) }
    };
    lambda_runtime::run(service_fn(handle)).await
}
