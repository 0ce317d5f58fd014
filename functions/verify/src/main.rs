//! The Lambda of the orderer's check.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (environment, aws) = web::lambda::start().await?;
    web::lambda::run(verify::router(&environment, &aws)?).await
}
