//! QR codes (JIS X 0510) as rectangles.

use fast_qr::ECL;
use fast_qr::qr::QRBuilder;

use crate::DrawError;
use crate::pdf::Area;

/// The quiet zone around a code, in modules.
const QUIET: f32 = 4.0;

/// The dark areas of a code with its quiet zone, in a square of this size at this place (millimetres).
///
/// # Errors
/// [`DrawError::AddressTooLong`] when the text does not fit.
pub(crate) fn code(text: &str, left: f32, top: f32, side: f32) -> Result<Vec<Area>, DrawError> {
    let code = QRBuilder::new(text)
        .ecl(ECL::M)
        .build()
        .map_err(|_| DrawError::AddressTooLong)?;
    let module = side / (code.size as f32 + 2.0 * QUIET);
    let mut dark = Vec::new();
    for row in 0..code.size {
        let mut column = 0;
        while column < code.size {
            let is_dark = |column: usize| {
                column < code.size && code[row].get(column).is_some_and(|module| module.value())
            };
            let run = (column..).take_while(|column| is_dark(*column)).count();
            if run > 0 {
                dark.push(Area {
                    left: left + (QUIET + column as f32) * module,
                    top: top + (QUIET + row as f32) * module,
                    width: run as f32 * module,
                    height: module,
                });
            }
            column += run.max(1);
        }
    }
    Ok(dark)
}
