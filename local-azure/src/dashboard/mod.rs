//! The dashboard.

mod views;

pub use views::{AppSetting, RunningApp, SettingSource};
