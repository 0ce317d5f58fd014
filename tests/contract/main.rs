//! The contract between the code, `template.yaml` and the document of the API.

mod document;
mod template;
