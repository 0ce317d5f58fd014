//! The Lambda of the pages.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (environment, aws) = web::lambda::start().await;
    lambda_http::run(portal::router(&environment, &aws)?).await
}
