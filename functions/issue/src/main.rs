//! The Lambda of the guarantor's desk.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (environment, aws) = web::lambda::start().await?;
    web::lambda::run(issue::router(&environment, &aws)?).await
}
