//! 『電子証書閲覧用「認証キー」等のお知らせ』: what the contractor hands to the orderer, made to survive
//! a FAX and to be read out over the telephone.

use guarantee::certificate::Certificate;
use guarantee::key::AuthKey;

use crate::paper::{self, About, BODY, LARGE};
use crate::table::{Cell, Row};
use crate::{DrawError, KeyNotice};

const TITLE: &str = "電子証書閲覧用「認証キー」等のお知らせ";

/// The side of the QR code with its quiet zone, in millimetres: a millimetre and more for each of its
/// modules, which leaves four lines of a standard FAX (100 dpi) for each.
const QR: f32 = 58.0;

pub(crate) fn draw(notice: &KeyNotice, key: &AuthKey) -> Result<Vec<u8>, DrawError> {
    let certificate = &notice.certificate;
    let guarantor = &certificate.guarantor;
    let about = About {
        title: TITLE,
        author: &guarantor.name,
        day: notice.issued_on,
        foot: &format!("保証契約番号 {}", certificate.contract_number),
    };
    paper::draw(&about, |paper| {
        paper.title(TITLE);
        paper.text_at_right(&format!("発行日 {}", notice.issued_on.wareki()), BODY);
        paper.space(1.0);
        paper.text(&format!("{} 様", certificate.terms.contractor.name), LARGE);
        paper.space(4.0);
        paper.notice("このお知らせを発注者へご提出ください。");
        paper.space(6.0);
        paper.code(
            "保証契約番号",
            "電子証書を特定する12桁の数字です。",
            &certificate.contract_number.to_string(),
            30.0,
        );
        paper.space(4.0);
        paper.code(
            "認証キー",
            "電子証書を開く25文字のキーです。数字と A C E F H J K M N P R T U W X Y だけを使います。",
            &key.reveal(),
            21.0,
        );
        paper.space(6.0);
        paper.table(subject(notice));

        paper.space(7.0);
        paper.beside_qr(&notice.check_link(key), QR, |paper, width| {
            paper.text("発注者の方へ\u{3000}電子証書の確認方法", LARGE);
            paper.space(2.0);
            paper.item(
                "1",
                "上の確認ページを開きます。右のQRコードから開くと、番号とキーが入力された状態になります。",
                width,
            );
            paper.item("2", "保証契約番号と認証キーを入力します。", width);
            paper.item("3", "表示された電子証書の内容を確認します。", width);
            paper.space(3.0);
            paper.item(
                "※",
                "認証キーをお持ちの方は電子証書をご覧になれます。発注者以外の方には知らせないでください。",
                width,
            );
        });
    })
}

fn subject(notice: &KeyNotice) -> Vec<Row> {
    let Certificate {
        terms, guarantor, ..
    } = &notice.certificate;
    vec![
        Row::new("種別", Cell::text(terms.kind.japanese())),
        Row::new(
            terms.contract.category.title_label(),
            Cell::text(&terms.contract.title),
        ),
        Row::new(
            "発注者",
            Cell::text(format!(
                "{} {}",
                terms.orderer.name, terms.orderer.recipient
            )),
        ),
        Row::new("確認ページ", Cell::text(&notice.check_address)),
        Row::new(
            "お問い合わせ先",
            Cell::text(format!("{} {}", guarantor.name, guarantor.contact)),
        ),
    ]
}
