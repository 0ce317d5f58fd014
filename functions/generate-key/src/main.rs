//! The Lambda of STEP 4.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (environment, aws) = web::lambda::start().await?;
    web::lambda::run(generate_key::router(&environment, &aws)?).await
}
