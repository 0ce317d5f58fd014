//! The Lambda of STEP 1.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (environment, aws) = web::lambda::start().await?;
    web::lambda::run(apply::router(&environment, &aws)?).await
}
