fn main() -> std::process::ExitCode {
    whetstone_whet::main()
}
