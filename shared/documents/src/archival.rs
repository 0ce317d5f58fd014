//! What makes a PDF one that archives accept (ISO 19005-1, PDF/A-1b) and that is the same every time.
//!
//! printpdf leaves out the language, the metadata, the colour space and the list of glyphs, and its
//! file identifier depends on what the process drew before. All of that is set here.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use guarantee::calendar::Date;
use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use sha2::{Digest, Sha256};

use crate::DrawError;

/// What the file says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Imprint {
    pub(crate) title: String,
    pub(crate) author: String,
    /// The day that the paper bears; it stands for the time of making, which has no clock here.
    pub(crate) day: Date,
}

const PRODUCER: &str = "denshi-hosho";

/// A tenth larger than the best, and a paper takes a fifth less work than at the next level.
const LEVEL: u32 = 1;

/// The finished file; `fonts` has, by the names of the cut fonts, the glyph of each code that text is
/// written in.
///
/// # Errors
/// [`DrawError::File`].
pub(crate) fn finish(
    mut file: Document,
    imprint: &Imprint,
    fonts: &[(String, &[u16])],
) -> Result<Vec<u8>, DrawError> {
    file.version = "1.4".to_owned();
    let metadata = add_metadata(&mut file, imprint);
    let colours = add_output_intent(&mut file);
    let catalog = file
        .catalog_mut()
        .map_err(|error| DrawError::File(error.to_string()))?;
    catalog.set("Lang", Object::string_literal("ja"));
    catalog.set("Metadata", metadata);
    catalog.set("OutputIntents", vec![colours]);
    catalog.set(
        "ViewerPreferences",
        dictionary! { "DisplayDocTitle" => true },
    );
    for (name, codes) in fonts {
        explain_codes(&mut file, name, codes)?;
    }
    compress(&mut file)?;
    identified(&mut file)
}

/// The name of a font cut to these glyphs: six letters that name the cut, as ISO 32000-1 9.6.4 wants, and
/// its own.
pub(crate) fn font_name(name: &str, glyphs: impl Iterator<Item = u16>) -> String {
    let glyphs: Vec<u8> = glyphs.flat_map(u16::to_be_bytes).collect();
    let tag: String = Sha256::digest(glyphs)
        .iter()
        .take(6)
        .map(|byte| char::from(b'A' + byte % 26))
        .collect();
    format!("{tag}+{name}")
}

/// The document information and the same again as XMP; the reference to the XMP.
fn add_metadata(file: &mut Document, imprint: &Imprint) -> Object {
    let day = imprint.day.to_string();
    let information = dictionary! {
        "Title" => utf16(&imprint.title),
        "Author" => utf16(&imprint.author),
        "Creator" => Object::string_literal(PRODUCER),
        "Producer" => Object::string_literal(PRODUCER),
        "CreationDate" => Object::string_literal(format!("D:{}000000+09'00'", day.replace('-', ""))),
        "ModDate" => Object::string_literal(format!("D:{}000000+09'00'", day.replace('-', ""))),
    };
    let information = file.add_object(information);
    if let Ok(replaced) = file.trailer.get(b"Info").and_then(Object::as_reference) {
        file.objects.remove(&replaced);
    }
    file.trailer.set("Info", information);
    let stream = Stream::new(
        dictionary! { "Type" => "Metadata", "Subtype" => "XML" },
        xmp(imprint).into_bytes(),
    )
    // PDF/A-1 wants to be able to read this without decompressing.
    .with_compression(false);
    file.add_object(stream).into()
}

/// The same as the document information, as ISO 19005-1 6.7 asks.
fn xmp(imprint: &Imprint) -> String {
    let (title, author) = (escaped(&imprint.title), escaped(&imprint.author));
    let made = format!("{}T00:00:00+09:00", imprint.day);
    format!(
        r#"<?xpacket begin="{mark}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>ja</rdf:li></rdf:Bag></dc:language>
<pdf:Producer>{PRODUCER}</pdf:Producer>
<xmp:CreatorTool>{PRODUCER}</xmp:CreatorTool>
<xmp:CreateDate>{made}</xmp:CreateDate>
<xmp:ModifyDate>{made}</xmp:ModifyDate>
<pdfaid:part>1</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"#,
        mark = '\u{FEFF}'
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn utf16(text: &str) -> Object {
    let bytes = std::iter::once(0xFEFF)
        .chain(text.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    Object::String(bytes, lopdf::StringFormat::Hexadecimal)
}

/// Says that the colours are those of sRGB.
fn add_output_intent(file: &mut Document) -> Object {
    let profile = file.add_object(Stream::new(dictionary! { "N" => 3 }, srgb_profile()));
    dictionary! {
        "Type" => "OutputIntent",
        "S" => "GTS_PDFA1",
        "OutputConditionIdentifier" => Object::string_literal("sRGB IEC61966-2.1"),
        "RegistryName" => Object::string_literal("http://www.color.org"),
        "Info" => Object::string_literal("sRGB IEC61966-2.1"),
        "DestOutputProfile" => profile,
    }
    .into()
}

/// An ICC profile (version 2.1) of sRGB: white point, primaries and tone curve, adapted to D50 as the
/// ICC asks, from the numbers of IEC 61966-2-1.
fn srgb_profile() -> Vec<u8> {
    let curve = tone_curve();
    let tags = [
        (b"desc", description("sRGB IEC61966-2.1")),
        (b"cprt", text("No copyright, use freely")),
        (b"wtpt", colour(0x0000_F6D6, 0x0001_0000, 0x0000_D32D)),
        (b"rXYZ", colour(0x0000_6FA0, 0x0000_38F5, 0x0000_0390)),
        (b"gXYZ", colour(0x0000_6297, 0x0000_B787, 0x0000_18DA)),
        (b"bXYZ", colour(0x0000_249F, 0x0000_0F84, 0x0000_B6C4)),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    let mut directory = Vec::new();
    let mut content: Vec<u8> = Vec::new();
    let start = 128 + 4 + 12 * tags.len();
    directory.extend(big_endian(tags.len()));
    for (name, data) in &tags {
        directory.extend(*name);
        directory.extend(big_endian(start + content.len()));
        directory.extend(big_endian(data.len()));
        content.extend(data);
        content.resize(content.len().next_multiple_of(4), 0);
    }
    let mut profile = Vec::new();
    profile.extend(big_endian(start + content.len()));
    profile.extend([0; 4]);
    profile.extend([2, 0x10, 0, 0]);
    profile.extend(b"mntrRGB XYZ ");
    for part in [2000_u16, 1, 1, 0, 0, 0] {
        profile.extend(part.to_be_bytes());
    }
    profile.extend(b"acsp");
    profile.resize(68, 0);
    profile.extend(
        [0x0000_F6D6_u32, 0x0001_0000, 0x0000_D32D]
            .map(u32::to_be_bytes)
            .concat(),
    );
    profile.resize(128, 0);
    profile.extend(directory);
    profile.extend(content);
    profile
}

fn big_endian(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}

/// ICC.1:1998-09, 6.5.17, without the Unicode and Macintosh names.
fn description(name: &str) -> Vec<u8> {
    let mut tag = b"desc\0\0\0\0".to_vec();
    tag.extend(big_endian(name.len() + 1));
    tag.extend(name.bytes());
    tag.push(0);
    tag.extend([0; 4 + 4 + 2 + 1 + 67]);
    tag
}

fn text(content: &str) -> Vec<u8> {
    let mut tag = b"text\0\0\0\0".to_vec();
    tag.extend(content.bytes());
    tag.push(0);
    tag
}

/// A colour in XYZ, each coordinate with 16 bits behind the point.
fn colour(x: u32, y: u32, z: u32) -> Vec<u8> {
    let mut tag = b"XYZ \0\0\0\0".to_vec();
    tag.extend([x, y, z].map(u32::to_be_bytes).concat());
    tag
}

/// The curve of IEC 61966-2-1 at 256 points.
fn tone_curve() -> Vec<u8> {
    const POINTS: u16 = 256;
    let mut tag = b"curv\0\0\0\0".to_vec();
    tag.extend(u32::from(POINTS).to_be_bytes());
    for point in 0..POINTS {
        let encoded = f64::from(point) / f64::from(POINTS - 1);
        let linear = if encoded <= 0.040_45 {
            encoded / 12.92
        } else {
            ((encoded + 0.055) / 1.055).powf(2.4)
        };
        tag.extend(((linear * 65_535.0).round() as u16).to_be_bytes());
    }
    tag
}

/// Says which codes a font has (CIDSet, as ISO 19005-1 6.3.5 asks) and which glyph each stands for.
fn explain_codes(file: &mut Document, name: &str, codes: &[u16]) -> Result<(), DrawError> {
    let mut set = vec![0xFF_u8; codes.len() / 8];
    let rest = codes.len() % 8;
    if rest > 0 {
        set.push(!(0xFF >> rest));
    }
    let set = file.add_object(Stream::new(Dictionary::new(), set));
    let glyphs = codes.iter().copied().flat_map(u16::to_be_bytes).collect();
    let glyphs = file.add_object(Stream::new(Dictionary::new(), glyphs));
    let (mut described, mut mapped) = (false, false);
    for part in file
        .objects
        .values_mut()
        .filter_map(|object| object.as_dict_mut().ok())
    {
        if is_named(part, b"FontName", name) {
            part.set("CIDSet", set);
            described = true;
        } else if is_named(part, b"BaseFont", name)
            && let Ok(descendants) = part.get_mut(b"DescendantFonts")
            && let Ok(descendants) = descendants.as_array_mut()
            && let Some(Object::Dictionary(font)) = descendants.first_mut()
        {
            font.set("CIDToGIDMap", glyphs);
            mapped = true;
        }
    }
    if described && mapped {
        Ok(())
    } else {
        Err(DrawError::File(format!("{name} is not described")))
    }
}

fn is_named(part: &Dictionary, key: &[u8], name: &str) -> bool {
    part.get(key)
        .and_then(Object::as_name)
        .is_ok_and(|found| found == name.as_bytes())
}

fn compress(file: &mut Document) -> Result<(), DrawError> {
    for object in file.objects.values_mut() {
        let Object::Stream(stream) = object else {
            continue;
        };
        if !stream.allows_compression || stream.dict.has(b"Filter") {
            continue;
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(LEVEL));
        let packed = encoder
            .write_all(&stream.content)
            .and_then(|()| encoder.finish())
            .map_err(|error| DrawError::File(error.to_string()))?;
        if packed.len() < stream.content.len() {
            stream.dict.set("Filter", "FlateDecode");
            stream.set_content(packed);
        }
    }
    Ok(())
}

/// The file's bytes, with the hash of what it holds as its identifier: the same paper has the same one.
fn identified(file: &mut Document) -> Result<Vec<u8>, DrawError> {
    const LENGTH: usize = 16;
    let blank = Object::String(vec![0; LENGTH], lopdf::StringFormat::Hexadecimal);
    file.trailer.set("ID", vec![blank.clone(), blank]);
    let mut bytes = Vec::with_capacity(128 * 1024);
    file.save_to(&mut bytes)
        .map_err(|error| DrawError::File(error.to_string()))?;
    // It takes the place of the blank one in the trailer, so that the file is written once.
    let identifier: String = Sha256::digest(&bytes)
        .iter()
        .take(LENGTH)
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let blank = vec![b'0'; identifier.len()];
    for _ in 0..2 {
        let place = bytes.windows(blank.len()).rposition(|part| part == blank);
        place
            .and_then(|place| bytes.get_mut(place..place + blank.len()))
            .ok_or(DrawError::File("the file has no identifier".to_owned()))?
            .copy_from_slice(identifier.as_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green and blue together are white, and every tag lies where the directory says.
    #[test]
    fn the_colour_profile_is_whole() {
        let profile = srgb_profile();
        let number =
            |at: usize| -> u32 { u32::from_be_bytes(profile[at..at + 4].try_into().unwrap()) };
        assert_eq!(number(0) as usize, profile.len());
        assert_eq!(&profile[36..40], b"acsp");
        let tags: Vec<(&[u8], usize, usize)> = (0..number(128) as usize)
            .map(|tag| 132 + 12 * tag)
            .map(|at| {
                (
                    &profile[at..at + 4],
                    number(at + 4) as usize,
                    number(at + 8) as usize,
                )
            })
            .collect();
        let place = |name: &[u8]| tags.iter().find(|tag| tag.0 == name).unwrap().1;
        for axis in [8, 12, 16] {
            let sum: u32 = [b"rXYZ", b"gXYZ", b"bXYZ"]
                .map(|primary| number(place(primary) + axis))
                .iter()
                .sum();
            assert!(sum.abs_diff(number(place(b"wtpt") + axis)) <= 1);
        }
        for (name, at, length) in tags {
            assert!(at % 4 == 0 && at + length <= profile.len(), "{name:?}");
        }
    }

    #[test]
    fn signs_that_mean_something_in_xml_are_escaped() {
        let imprint = Imprint {
            title: "A & B <C>".to_owned(),
            author: "株式会社 & Co.".to_owned(),
            day: Date::parse("2025-04-10").unwrap(),
        };
        let xmp = xmp(&imprint);
        assert!(xmp.contains("A &amp; B &lt;C&gt;") && xmp.contains("株式会社 &amp; Co."));
        assert!(xmp.contains("2025-04-10T00:00:00+09:00"));
    }
}
