//! Values of .NET 8.

use super::format;
use crate::{
    types::Class,
    value::{Integer, Value},
};

#[test]
fn whole_numbers_are_formatted_as_dotnet_does() {
    for (value, pattern, text) in [
        (255, "x2", "ff"),
        (255, "X4", "00FF"),
        (-1, "x", "ffffffff"),
        (7, "D3", "007"),
        (-7, "D3", "-007"),
        (1_234_567, "N0", "1,234,567"),
        (5, "000", "005"),
        (5, "F1", "5.0"),
        (1234, "E2", "1.23E+003"),
        (1234, "G2", "1.2E+03"),
        (-5, "C", "(¤5.00)"),
        (5, "0%", "500%"),
        (930, "00:00", "09:30"),
        (-5, "+0;-0;zero", "-5"),
        (0, "+0;-0;zero", "zero"),
        (5, "+0;-0;zero", "+5"),
        (5, "0 'items'", "5 items"),
        (1_234_567, "#,##0,", "1,235"),
        (1_234_567, "0,0", "1,234,567"),
        (0, "#", ""),
        (1_234_567, "###-####", "123-4567"),
        (7, "\\#0", "#7"),
    ] {
        let value = Value::Integer(Integer::wrap(Class::Int, value));
        assert_eq!(format(&value, pattern).unwrap(), text, "{pattern}");
    }
}

#[test]
fn doubles_are_formatted_as_dotnet_does() {
    for (value, pattern, text) in [
        (2.345, "F2", "2.35"),
        (0.125, "F2", "0.12"),
        (2.5, "F0", "2"),
        (3.5, "F0", "4"),
        (0.125, "0.00", "0.13"),
        (0.615, "0.00", "0.62"),
        (-0.001, "F2", "-0.00"),
        (-0.001, "0.00", "-0.00"),
        (999.999, "F2", "1000.00"),
        (1234.5, "N", "1,234.50"),
        (1234.5, "#,##0.00", "1,234.50"),
        (0.5, "0.##", "0.5"),
        (0.5, "#.00", ".50"),
        (0.256, "P1", "25.6 %"),
        (-0.256, "P1", "-25.6 %"),
        (1234.5, "E", "1.234500E+003"),
        (1234.5, "e2", "1.23e+003"),
        (1234.5, "G3", "1.23E+03"),
        (0.000_012_3, "G2", "1.2E-05"),
        (1234.5, "C", "¤1,234.50"),
        (12345.678, "0.00E+00", "1.23E+04"),
        (0.256, "0.0%", "25.6%"),
        (1234.5, "0", "1235"),
        (f64::NAN, "0.00", "NaN"),
        (f64::NAN, "0", "NaN"),
        (f64::NAN, "#.##", "NaN"),
        (f64::INFINITY, "F2", "Infinity"),
        (f64::NEG_INFINITY, "#", "-Infinity"),
        (f64::NAN, "P", "NaN"),
        (0.0, "0.00", "0.00"),
        (1e21, "F0", "1000000000000000000000"),
    ] {
        assert_eq!(format(&Value::Double(value), pattern).unwrap(), text, "{value} {pattern}");
    }
    for wrong in ["D2", "X", "Q", "z3"] {
        assert!(format(&Value::Double(1.0), wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_largest_double_and_the_longest_formats_have_a_text() {
    assert_eq!(format(&Value::Double(f64::MAX), "P").unwrap().len(), 311 + 103 + 3 + 2);
    let long = format!("{}.{}", "#".repeat(30_000), "0".repeat(35_000));
    assert_eq!(format(&Value::Double(1.5), &long).unwrap().len(), 35_002);
    assert_eq!(format(&Value::Double(1.5), "F65536").unwrap().len(), 65_538);
    assert!(format(&Value::Double(1.5), "F999999999").is_err());
    assert!(format(&Value::Double(1.5), &format!("F{}", "9".repeat(65_000))).is_err());
}

#[test]
fn decimals_keep_their_digits() {
    for (value, pattern, text) in [
        ("1.50", "G", "1.50"),
        ("0.125", "F2", "0.13"),
        ("-2.5", "F0", "-3"),
        ("1234.5", "N1", "1,234.5"),
        ("79228162514264337593543950335", "0", "79228162514264337593543950335"),
        ("1.5", "P0", "150 %"),
        ("0.000", "0.##", "0"),
    ] {
        assert_eq!(format(&Value::Decimal(value.parse().unwrap()), pattern).unwrap(), text, "{value} {pattern}");
    }
}
