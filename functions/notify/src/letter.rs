//! What the mail 「電子証書・認証キー登録のお知らせ」 says. It carries no key, and no address that opens
//! anything without a login.

use std::fmt;

use guarantee::certificate::{Certificate, Guarantor};

/// Who writes, and where the reader logs in.
#[derive(Debug, Clone)]
pub(crate) struct Letterhead {
    pub(crate) guarantor: Guarantor,
    pub(crate) public_url: String,
}

/// A mail in plain text.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// What a mail says stays out of logs.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letter(…)")
    }
}

impl Letter {
    /// The mail that tells the contractor that a certificate is there.
    pub(crate) fn about(certificate: &Certificate, letterhead: &Letterhead) -> Self {
        let terms = &certificate.terms;
        let contract = &terms.contract;
        let Letterhead {
            guarantor,
            public_url,
        } = letterhead;
        let conditions = terms.general_conditions.as_ref().map(|title| {
            format!(
                "\n■ 当初契約書の約款\n\
                 {}との当初契約書には「{title}」を使用してください。\n",
                terms.orderer.name
            )
        });
        let text = format!(
            "{contractor}\n\
             ご担当者 様\n\
             \n\
             電子証書を登録しましたので、お知らせします。\n\
             \n\
             保証契約番号:{number}\n\
             保証の種別:{kind}\n\
             {title_label}:{title}\n\
             発注者:{orderer}\n\
             発行日:{issued_on}\n\
             \n\
             ■ お手続き\n\
             1. 次のページを開き、お客様IDとパスワードでログインしてください。\n\
             \x20  {public_url}/\n\
             2. 「電子証書の確認はこちら」から保証契約番号を選び、電子証書の内容をご確認ください。\n\
             \x20  画面は印刷・保存ができます。\n\
             3. 「認証キー」の表示を押し、『電子証書閲覧用「認証キー」等のお知らせ』(PDF)を\n\
             \x20  ダウンロードして、発注者へご提出ください。\n\
             \n\
             発注者が電子証書を閲覧するには認証キーが必要です。認証キーはこのメールには記載していません。\n\
             ご提出の方法は発注者ごとに異なります。手順3の画面でご案内します。\n\
             {conditions}\n\
             ──────────────────────\n\
             {guarantor_name}\n\
             {guarantor_address}\n\
             お問い合わせ:{contact}\n\
             このメールは送信専用です。お心当たりのない場合は、上記までご連絡ください。\n",
            contractor = terms.contractor.name,
            number = certificate.contract_number,
            kind = terms.kind.japanese(),
            title_label = contract.category.title_label(),
            title = contract.title,
            orderer = terms.orderer.name,
            issued_on = certificate.issued_on.wareki(),
            conditions = conditions.unwrap_or_default(),
            guarantor_name = guarantor.name,
            guarantor_address = guarantor.address,
            contact = guarantor.contact,
        );
        Self {
            subject: "電子証書・認証キー登録のお知らせ".to_owned(),
            text,
        }
    }
}
