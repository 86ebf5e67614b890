/*
 * Migrate.java: applies a folder of migrations with JDBC.
 *
 *   java -cp postgresql.jar Migrate.java FOLDER
 *
 * Java 11 or later compiles it by itself; postgresql.jar is the driver
 * org.postgresql:postgresql.
 *
 * Connects to $DATABASE_URL (postgresql://user:password@host:port/database),
 * else to PGHOST, PGPORT and PGDATABASE as PGUSER with PGPASSWORD.  A file is
 * named VERSION_what_it_does.sql and starts its up SQL with a line
 * "-- migrate:up", its down SQL, if it has any, with a line "-- migrate:down".
 * Files are applied in the order of their names, each in a transaction of its
 * own; those that are applied already are left alone.
 *
 * The two lines are comments and go along, so that the lines which errors name
 * are those of the file.
 */
import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.Pattern;

public class Migrate {
    static final Pattern UP = Pattern.compile("^-- migrate:up", Pattern.MULTILINE);
    static final Pattern DOWN = Pattern.compile("^(?=-- migrate:down)", Pattern.MULTILINE);

    static String env(String name, String missing) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? missing : value;
    }

    static Connection connect() throws SQLException {
        Properties login = new Properties();
        String target;

        /* no prepared statements, which a pooler in transaction mode may not know */
        login.setProperty("prepareThreshold", "0");
        if (!env("DATABASE_URL", "").isEmpty()) {
            URI uri = URI.create(System.getenv("DATABASE_URL"));
            String[] user = (uri.getUserInfo() + "").split(":", 2);
            if (uri.getUserInfo() != null) {
                login.setProperty("user", user[0]);
                login.setProperty("password", user.length == 2 ? user[1] : "");
            }
            target = uri.getHost() + ":" + (uri.getPort() > 0 ? uri.getPort() : 5432) + uri.getPath()
                + (uri.getQuery() != null ? "?" + uri.getQuery() : "");
        } else {
            login.setProperty("user", env("PGUSER", System.getProperty("user.name")));
            login.setProperty("password", env("PGPASSWORD", ""));
            target = env("PGHOST", "localhost") + ":" + env("PGPORT", "5432")
                + "/" + env("PGDATABASE", login.getProperty("user"));
        }
        return DriverManager.getConnection("jdbc:postgresql://" + target, login);
    }

    static void apply(PreparedStatement call, Path file) throws IOException, SQLException {
        String name = file.getFileName().toString().replaceAll("\\.sql$", "");
        String[] parts = DOWN.split(Files.readString(file), 2);
        if (!UP.matcher(parts[0]).find()) {
            throw new IOException(file + " has no line \"-- migrate:up\"");
        }
        call.setString(1, name.replaceAll("_.*", ""));
        call.setString(2, parts[0]);
        call.setString(3, parts.length == 2 ? parts[1] : null);
        call.setString(4, name.replaceAll("^[^_]*_?", "").replace('_', ' '));
        try (ResultSet result = call.executeQuery()) {
            result.next();
            System.out.printf("%-10s%s%n", result.getString(1), name);
        }
        for (SQLWarning notice = call.getWarnings(); notice != null; notice = notice.getNextWarning()) {
            System.err.println(notice.getMessage());
        }
        call.clearWarnings();
    }

    public static void main(String[] args) throws Exception {
        if (args.length != 1) {
            System.err.println("usage: java -cp postgresql.jar Migrate.java FOLDER");
            System.exit(1);
        }
        TreeSet<Path> files = new TreeSet<>();
        try (DirectoryStream<Path> folder = Files.newDirectoryStream(Path.of(args[0]), "*.sql")) {
            folder.forEach(files::add);
        }
        try (Connection connection = connect(); /* in autocommit mode */
             PreparedStatement call = connection.prepareStatement(
                 "SELECT migrate_apply(?, ?, ?, ?)")) {
            for (Path file : files) {
                apply(call, file);
            }
        } catch (SQLException error) {
            /* "Where" in the message is the place in the migration */
            System.err.println(error.getSQLState() + " " + error.getMessage());
            System.exit(1);
        }
    }
}
