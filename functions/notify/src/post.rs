//! The mail service: one message to one address, through SES.

use aws_sdk_ses::Client;
use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use aws_types::SdkConfig;
use ledger::MailLine;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use web::{Environment, MissingSetting};

use crate::letter::Letter;

/// SES with the sender of this deployment.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    client: Client,
    from: String,
    from_name: String,
    configuration_set: String,
}

/// Why SES did not take a message.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It never will: the desk has to look at the address.
    Final(String),
    /// It may the next time.
    Later(Box<dyn std::error::Error + Send + Sync>),
}

impl Post {
    pub(crate) fn new(aws: &SdkConfig, environment: &Environment) -> Result<Self, MissingSetting> {
        Ok(Self {
            client: Client::new(aws),
            from: environment.get("MAIL_FROM")?.to_owned(),
            from_name: web::guarantor(environment)?.name,
            configuration_set: environment.get("MAIL_CONFIGURATION_SET")?.to_owned(),
        })
    }

    /// Sends a letter, and gives the id that SES gave the message.
    pub(crate) async fn send(&self, mail: &MailLine, letter: &Letter) -> Result<String, Refusal> {
        let to = mail.to.as_str();
        let message = MessageBuilder::new()
            .from(Address::new_address(
                Some(self.from_name.as_str()),
                self.from.as_str(),
            ))
            .to(Address::new_address(None::<&str>, to))
            .subject(letter.subject.as_str())
            .header(
                "Auto-Submitted",
                mail_builder::headers::raw::Raw::new("auto-generated"),
            )
            .text_body(letter.text.as_str())
            .write_to_vec()
            .map_err(|error| Refusal::Later(error.into()))?;
        let raw = RawMessage::builder()
            .data(Blob::new(message))
            .build()
            .map_err(|error| Refusal::Later(error.into()))?;
        let call = self
            .client
            .send_raw_email()
            .source(&self.from)
            .destinations(to)
            .raw_message(raw)
            .configuration_set_name(&self.configuration_set)
            .tags(tag("contract", &mail.contract_number.to_string())?)
            .tags(tag("mail", &mail.id.to_string())?);
        match call.send().await {
            Ok(answer) => Ok(answer.message_id),
            Err(error) => match error.code() {
                Some("MessageRejected") if error.message().is_some_and(is_about_us) => {
                    Err(Refusal::Later("our domain is not verified".into()))
                }
                Some(code @ ("MessageRejected" | "InvalidParameterValue")) => {
                    Err(Refusal::Final(code.to_owned()))
                }
                // The code, and not what SES says beside it, which may quote an address.
                Some(code) => Err(Refusal::Later(code.to_owned().into())),
                None => Err(Refusal::Later(error.into())),
            },
        }
    }
}

/// Whether SES refuses a mail because nobody has proven yet, or no longer proves, whose domain it is from; so
/// it does in its sandbox with readers. It says so in the code of a mail that it will never take.
fn is_about_us(said: &str) -> bool {
    said.starts_with("Email address is not verified")
}

/// A tag by which a bounce finds its mail; it holds no personal data.
fn tag(name: &str, value: &str) -> Result<MessageTag, Refusal> {
    MessageTag::builder()
        .name(name)
        .value(value)
        .build()
        .map_err(|error| Refusal::Later(error.into()))
}
