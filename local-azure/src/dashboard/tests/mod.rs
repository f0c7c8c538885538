mod browser;
mod files;
mod guard;
mod live;
