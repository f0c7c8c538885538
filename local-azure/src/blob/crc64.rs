//! The checksum of `x-ms-content-crc64`: CRC-64/NVME, eight bytes with the lowest first, in base64
//! (<https://learn.microsoft.com/rest/api/storageservices/put-block#request-headers>).

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The polynomial 0xAD93D23594C93659 with its bits reversed.
const POLYNOMIAL: u64 = 0x9A6C_9329_AC4B_C9B5;

/// The contribution of a byte to the checksum, by the number of bytes that follow it in a group of eight.
const TABLES: [[u64; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ POLYNOMIAL } else { value >> 1 };
            bit += 1;
        }
        tables[0][byte] = value;
        byte += 1;
    }
    let mut following = 1;
    while following < 8 {
        byte = 0;
        while byte < 256 {
            let before = tables[following - 1][byte];
            tables[following][byte] = tables[0][(before & 0xFF) as usize] ^ (before >> 8);
            byte += 1;
        }
        following += 1;
    }
    tables
};

/// A checksum in progress.
#[derive(Clone)]
pub(super) struct Crc64(u64);

impl Crc64 {
    pub(super) const fn new() -> Self {
        Self(u64::MAX)
    }

    pub(super) fn update(&mut self, data: &[u8]) {
        let (groups, rest) = data.as_chunks::<8>();
        for group in groups {
            let bytes = (self.0 ^ u64::from_le_bytes(*group)).to_le_bytes();
            let added = bytes.iter().zip(TABLES.iter().rev());
            self.0 = added.fold(0, |sum, (byte, table)| sum ^ table[usize::from(*byte)]);
        }
        for byte in rest {
            let [index, ..] = (self.0 ^ u64::from(*byte)).to_le_bytes();
            self.0 = TABLES[0][usize::from(index)] ^ (self.0 >> 8);
        }
    }

    /// Returns the checksum of the data so far.
    pub(super) fn bytes(&self) -> [u8; 8] {
        (!self.0).to_le_bytes()
    }

    /// Returns the checksum in base64.
    pub(super) fn finish(self) -> String {
        STANDARD.encode(self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_its_catalogue() {
        let mut crc = Crc64::new();
        crc.update(b"1234");
        crc.update(b"56789");
        assert_eq!(crc.finish(), STANDARD.encode(0xAE8B_1486_0A79_9888_u64.to_le_bytes()));
        for (text, sum) in [
            ("", "AAAAAAAAAAA="),
            ("Hello", "7YooR2vuA24="),
            ("Hello World", "YeJLfssylmU="),
            ("Hello World!", "peH8Xsgc5QI="),
        ] {
            let mut crc = Crc64::new();
            crc.update(text.as_bytes());
            assert_eq!(crc.finish(), sum, "{text}");
        }
    }
}
