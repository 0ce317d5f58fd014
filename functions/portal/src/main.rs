//! The Lambda of the pages.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    web::lambda::run(portal::router(&web::lambda::begin())?).await
}
