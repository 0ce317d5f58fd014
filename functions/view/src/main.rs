//! The Lambda of STEP 3.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (environment, aws) = web::lambda::start().await?;
    web::lambda::run(view::router(&environment, &aws)?).await
}
